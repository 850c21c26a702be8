/** A mesh of programs that speak HTTP/1.1, HTTP/2, gRPC, TLS and bytes, asked through the gateway. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { createCa, issueServerCertificate } from "../src/identity/index.ts";
import { ask, checkout, until, Weft } from "./weft.ts";

const fixtures = join(checkout, "test/protocols");
const ca = createCa();
let folder = "";
let weft: Weft;
/** The gateway's ports on this machine, by what is spoken there. */
const ports = { http: 0, tls: 0, tcp: 0 };

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "weft-protocols-"));
  const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const issued = issueServerCertificate(ca, {
    names: ["one.speaker.example", "*.two.speaker.example"],
    addresses: [],
  });
  writeFileSync(certificate, issued.certificate);
  writeFileSync(key, issued.key);
  const mesh = readFileSync(join(fixtures, "mesh.yaml"), "utf8")
    .replaceAll("NODE", process.execPath)
    .replaceAll("SPEAKER", join(fixtures, "speaker.ts"))
    .replaceAll("CERTIFICATE", certificate)
    .replaceAll("KEY", key);
  writeFileSync(join(folder, "mesh.yaml"), mesh);
  weft = await Weft.up([join(folder, "mesh.yaml")]);
  // A rule for a host that nobody has is held back for a while, in case its other half is on the way.
  await until(async () => {
    for (const { url } of (await weft.status()).routes) {
      const [, scheme = "", port = ""] = /^(http|tls|tcp):\/\/127\.0\.0\.1:(\d+)/.exec(url) ?? [];
      if (scheme === "http" || scheme === "tls" || scheme === "tcp") ports[scheme] = Number(port);
    }
    return Object.values(ports).every((port) => port > 0);
  });
});
after(async () => {
  await weft.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a server says to a client of TLS that asks for this name and checks it; the error's code where it says nothing. */
function overTls(servername: string): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connectTls({ port: ports.tls, host: "127.0.0.1", servername, ca: ca.certificate });
    socket.setEncoding("utf8").on("data", (text: string) => void (said += text));
    socket.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
    socket.on("end", () => resolve(said));
  });
}

const call = { ":method": "POST", ":path": "/speak.Speaker/Say", "content-type": "application/grpc", te: "trailers" };

interface Http2Answer {
  readonly head: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
}

/** One request over HTTP/2 with prior knowledge, on a connection of its own where none is given. */
async function overHttp2(fields: OutgoingHttpHeaders, shared?: ClientHttp2Session): Promise<Http2Answer> {
  const session = shared ?? connectHttp2(`http://127.0.0.1:${ports.http}`);
  try {
    return await new Promise((resolve, reject) => {
      let head: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      let body = "";
      const stream = session.request(fields);
      stream.on("response", (given) => (head = given)).on("trailers", (given) => (trailers = given));
      stream.setEncoding("utf8").on("data", (text: string) => void (body += text));
      stream.on("error", reject).on("end", () => resolve({ head, body, trailers }));
      stream.end();
    });
  } finally {
    if (!shared) session.close();
  }
}

/** What comes back for these bytes. */
function overTcp(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connectTcp(ports.tcp, "127.0.0.1", () => socket.end(bytes));
    socket.on("data", (piece) => void pieces.push(piece));
    socket.on("error", reject);
    socket.on("end", () => resolve(Buffer.concat(pieces)));
  });
}

describe("a gateway", () => {
  test("passes TLS on to where the name's rule says, unopened", async () => {
    assert.equal(await overTls("one.speaker.example"), "one over TLS for one.speaker.example");
    assert.equal(await overTls("any.two.speaker.example"), "two over TLS for any.two.speaker.example");
  });

  test("closes TLS that asks for a name no rule has", async () => {
    assert.equal(await overTls("three.speaker.example"), "ECONNRESET");
    assert.equal(await overTls("elsewhere.example"), "ECONNRESET");
  });

  test("carries MongoDB's bytes as they are, whatever they are, and counts its messages", async () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));
    assert.deepEqual(await overTcp(bytes), bytes);
    const document = Buffer.from([5, 0, 0, 0, 0]);
    const message = Buffer.concat([Buffer.alloc(20), Buffer.from([0]), document]);
    message.writeInt32LE(message.length, 0);
    // OP_MSG
    message.writeInt32LE(2013, 12);
    assert.deepEqual(await overTcp(message), message);
    const { metrics } = await weft.status();
    await until(async () => /^envoy_mongo_\S*op_\S*\} [1-9]/m.test((await ask(metrics)).body));
  });

  test("serves HTTP/1.1 and HTTP/2 on one port; endpoints get what their port is declared to speak", async () => {
    for (const [path, version] of [
      ["/", "1.1"],
      ["/new", "2.0"],
    ]) {
      const old = await ask(`http://127.0.0.1:${ports.http}${path}`);
      assert.match(old.body, new RegExp(`^(one|two) over HTTP/${version}$`), path);
      assert.match((await overHttp2({ ":path": path })).body, new RegExp(`^(one|two) over HTTP/${version}$`), path);
    }
  });

  test("spreads the calls of one gRPC connection", async () => {
    const session = connectHttp2(`http://127.0.0.1:${ports.http}`);
    try {
      const calls = Array.from({ length: 40 }, () => overHttp2(call, session));
      const answers = await Promise.all(calls);
      assert.ok(answers.every(({ trailers }) => trailers["grpc-status"] === "0"));
      const names = new Set(answers.map(({ body }) => body.slice(-3)));
      assert.deepEqual([...names].toSorted(), ["one", "two"]);
    } finally {
      session.close();
    }
  });

  test("lets browsers call gRPC on a port that is declared grpc-web", async () => {
    const headers = { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" };
    // A message of gRPC without a byte in it.
    const answer = await ask(`http://127.0.0.1:${ports.http}/web/speak.Speaker/Say`, {
      method: "POST",
      headers,
      body: "\0\0\0\0\0",
    });
    assert.equal(answer.headers["content-type"], "application/grpc-web+proto");
    assert.match(answer.body, /(one|two)[^]*grpc-status: ?0\r\n$/);
  });

  test("upgrades the way to an endpoint's side, not what its program is spoken to in", async () => {
    await weft.apply(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: speaker }
spec:
  host: speaker
  trafficPolicy: { connectionPool: { http: { h2UpgradePolicy: UPGRADE } } }
  subsets: [{ name: one, labels: { version: one } }, { name: two, labels: { version: two } }]
`);
    const { admin } = await weft.status();
    const upgraded =
      /"name": "outbound\|80\|\|speaker(?:(?!"name": "outbound)[^])*"explicit_http_config": \{\s*"http2_/;
    await until(async () => upgraded.test((await ask(`${admin}config_dump?resource=dynamic_active_clusters`)).body));
    assert.match((await ask(`http://127.0.0.1:${ports.http}/`)).body, /over HTTP\/1\.1$/);
  });

  test("tells gRPC in its own words that nobody is there", async () => {
    const { head } = await overHttp2({ ...call, ":path": "/nobody.Nobody/Say" });
    assert.equal(head[":status"], 200);
    assert.equal(head["grpc-status"], "14");
  });
});
