/** A mesh of programs that speak HTTP/1.1, HTTP/2, gRPC, TLS and bytes, asked through the gateway. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { createCa, issueServerCertificate } from "../src/identity/index.ts";
import { ask, checkout, Weft } from "./weft.ts";

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
  for (const { url } of (await weft.status()).routes) {
    const [, scheme = "", port = ""] = /^(http|tls|tcp):\/\/127\.0\.0\.1:(\d+)/.exec(url) ?? [];
    if (scheme === "http" || scheme === "tls" || scheme === "tcp") ports[scheme] = Number(port);
  }
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

  test("carries MongoDB's bytes as they are", async () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 256));
    assert.deepEqual(await overTcp(bytes), bytes);
  });

  test("serves HTTP/1.1 where its server is declared as HTTP2", async () => {
    const { status, body } = await ask(`http://127.0.0.1:${ports.http}/`);
    assert.equal(status, 200);
    assert.match(body, /^(one|two) over HTTP\/1\.1$/);
  });
});
