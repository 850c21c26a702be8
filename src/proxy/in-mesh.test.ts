import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { talk } from "./fixture.ts";
import { hostOf, TestMesh, type Layer } from "./mesh-fixture.ts";

const requests = "istio_requests_total";
const tcp = ["opened", "closed"].map((what) => `istio_tcp_connections_${what}_total`);
tcp.push("istio_tcp_received_bytes_total", "istio_tcp_sent_bytes_total");
const get = "GET / HTTP/1.1\r\nHost: b\r\nX-Forwarded-Client-Cert: By=me\r\n\r\n";
const whole = (text: string) => text.endsWith("ok");
/** What the application saw. */
let seen = "";
let answer = (socket: Socket, _text: string): void =>
  void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
const mesh = new TestMesh();

before(() =>
  mesh.start((socket) => {
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("data", (bytes) => {
      seen += bytes.toString("latin1");
      answer(socket, bytes.toString("latin1"));
    });
  }),
);
after(() => mesh.close());

/** Sends a request of `caller`; the metrics it added. */
async function call(caller: string, callee: "b" | "d", text = get, enough = whole): Promise<string[]> {
  seen = "";
  const counted = counts();
  assert.match(await talk(mesh.port, text, enough, mesh.service(caller, callee)), /ok$/);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return added(counted);
}

/** Every counter of requests and connections, by its labels. */
function counts(): Map<string, number> {
  const lines = [requests, ...tcp].flatMap((name) => mesh.metric(name));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

/** What was counted since: labels and by how much. */
function added(before: ReadonlyMap<string, number>): string[] {
  return [...counts()].flatMap(([labels, value]) => {
    const more = value - (before.get(labels) ?? 0);
    return more === 0 ? [] : `${labels} ${more}`;
  });
}

const label = (line: string | undefined, name: string) => new RegExp(`[{,]${name}="([^"]*)"`).exec(line ?? "")?.[1];
const reporters = (lines: string[]) => lines.map((line) => label(line, "reporter") ?? "").toSorted();

for (const layer of ["http", "detected"] as const satisfies readonly Layer[]) {
  describe(`a request on a port of ${layer === "http" ? "HTTP" : "what its first bytes show"}`, () => {
    before(() => mesh.configure(layer));

    test("from meshed to meshed is counted once by each side, as secured by both identities", async () => {
      const lines = await call("a", "b");
      assert.deepEqual(reporters(lines), ["destination", "source"]);
      for (const line of lines) {
        assert.match(line, new RegExp(`^${requests}`));
        assert.match(line, / 1$/);
        assert.equal(label(line, "source_workload"), "a");
        assert.equal(label(line, "destination_workload"), "b");
        assert.equal(label(line, "destination_service"), hostOf("b"));
        assert.equal(label(line, "source_principal"), "spiffe://cluster.local/ns/default/sa/a");
        assert.equal(label(line, "destination_principal"), "spiffe://cluster.local/ns/default/sa/b");
        assert.equal(label(line, "response_code"), "200");
        const inbound = label(line, "reporter") === "destination";
        assert.equal(label(line, "connection_security_policy"), inbound ? "mutual_tls" : "unknown");
      }
    });

    test("tells the application who called, once, and not what the caller says of it", async () => {
      await call("a", "b");
      const told = [...seen.matchAll(/x-forwarded-client-cert: ([^\r]*)/gi)].map(([, value]) => value);
      assert.equal(told.length, 1);
      assert.match(
        told[0] ?? "",
        /By=spiffe:\/\/cluster\.local\/ns\/default\/sa\/b;.*URI=spiffe:\/\/cluster\.local\/ns\/default\/sa\/a$/,
      );
    });

    test("from outside of the mesh is counted by the callee alone, as not secured", async () => {
      const lines = (await call("plain", "b")).filter((line) => line.startsWith(requests));
      assert.deepEqual(reporters(lines), ["destination"]);
      assert.equal(label(lines[0], "connection_security_policy"), "none");
      assert.equal(label(lines[0], "source_workload"), "unknown");
      assert.equal(label(lines[0], "source_principal"), "unknown");
      assert.equal(label(lines[0], "destination_workload"), "b");
      assert.doesNotMatch(seen, /x-forwarded-client-cert/i);
    });

    test("to outside of the mesh is counted by the caller alone", async () => {
      const lines = (await call("a", "d")).filter((line) => line.startsWith(requests));
      assert.deepEqual(reporters(lines), ["source"]);
      assert.equal(label(lines[0], "destination_service"), hostOf("d"));
      assert.doesNotMatch(seen, /x-forwarded-client-cert/i);
    });

    test("from outside to outside is carried and not counted", async () => {
      assert.deepEqual(await call("plain", "d"), []);
      assert.match(seen, /^GET \/ HTTP\/1\.1\r\nHost: b\r\n/);
    });
  });
}

describe("bytes the caller carries and the callee reads as requests", () => {
  before(() => mesh.configure("tcp", "http"));

  test("are a connection of the caller, and a request from a caller the callee knows", async () => {
    const lines = await call("a", "b");
    const request = lines.filter((line) => line.startsWith(requests));
    assert.deepEqual(reporters(request), ["destination"]);
    assert.equal(label(request[0], "source_workload"), "a");
    assert.equal(label(request[0], "connection_security_policy"), "mutual_tls");
    assert.ok(lines.some((line) => line.startsWith("istio_tcp_connections_opened") && line.includes(`"source"`)));
    assert.ok(
      lines.some((line) => line.startsWith("istio_tcp_sent_bytes") && line.includes(`"source"`)),
      "no bytes",
    );
    assert.match(seen, /x-forwarded-client-cert: By=spiffe:[^\r]*sa\/b;[^\r]*URI=spiffe:[^\r]*sa\/a\r\n/i);
  });
});

describe("a carried connection", () => {
  before(() => mesh.configure("tcp"));

  /** Says hello and hangs up; what that added to each counter of this reporter. */
  async function talkTcp(caller: string, callee: "b" | "d"): Promise<string[]> {
    seen = "";
    answer = (socket) => void socket.end("welcome!");
    const before = counts();
    assert.equal(await talk(mesh.port, "hello", undefined, mesh.service(caller, callee)), "welcome!");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(seen, "hello");
    return added(before).map((line) => {
      const security = label(line, "connection_security_policy");
      return `${label(line, "reporter")} ${security} ${line.slice(10, line.indexOf("{"))} ${line.split(" ").at(-1)}`;
    });
  }

  const counted = (reporter: string, security: string) =>
    ["connections_opened_total 1", "connections_closed_total 1", "received_bytes_total 5", "sent_bytes_total 8"].map(
      (rest) => `${reporter} ${security} ${rest}`,
    );

  test("from meshed to meshed is counted by both sides, with its bytes", async () => {
    assert.deepEqual(
      (await talkTcp("a", "b")).toSorted(),
      [...counted("destination", "mutual_tls"), ...counted("source", "unknown")].toSorted(),
    );
  });

  test("from outside of the mesh is counted by the callee alone", async () => {
    assert.deepEqual((await talkTcp("plain", "b")).toSorted(), counted("destination", "none").toSorted());
  });

  test("to outside of the mesh is counted by the caller alone", async () => {
    assert.deepEqual((await talkTcp("a", "d")).toSorted(), counted("source", "unknown").toSorted());
  });

  test("from outside to outside is not counted", async () => {
    assert.deepEqual(await talkTcp("plain", "d"), []);
  });
});

describe("callers and callees", () => {
  test("a connection on an address of nobody's is reset", async () => {
    await mesh.configure("http");
    mesh.proxy.host(
      mesh.hosted().filter(({ node }) => node.metadata.NAME !== "c"),
      mesh.addresses(),
    );
    assert.equal(await talk(mesh.port, get, undefined, mesh.service("c")), "<reset>");
    mesh.proxy.host(mesh.hosted(), mesh.addresses());
    await mesh.configure("http");
  });

  for (const layer of ["http", "tcp"] as const satisfies readonly Layer[]) {
    test(`a callee whose rules have not arrived is waited for: ${layer}`, async () => {
      answer = (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      await mesh.configure(layer);
      mesh.proxy.host(
        mesh.hosted().filter(({ node }) => node.metadata.NAME !== "b"),
        mesh.addresses(),
      );
      // It comes back as a new pod whose conversation has only begun.
      mesh.hold("b");
      mesh.proxy.host(mesh.hosted(), mesh.addresses());
      const before = counts();
      let done = false;
      const answered = talk(mesh.port, get, whole, mesh.service("a")).finally(() => (done = true));
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(done, false);
      mesh.release("b");
      assert.match(await answered, /ok$/);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(added(before).some((line) => label(line, "reporter") === "destination"));
    });
  }
});
