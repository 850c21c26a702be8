import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { cluster, listen, portOf, talk, toCluster } from "./fixture.ts";
import { eventually, get, ok, pause, post, TestGateway, writeUntilHeldUp } from "./gateway-fixture.ts";

let gateway: TestGateway;
/** Said inside each suite: hooks at the top of a file would run for the tests of every other file too. */
function eachWithItsGateway(): void {
  beforeEach(async () => {
    gateway = new TestGateway();
    await gateway.start();
  });
  afterEach(() => gateway.close());
}

const whole = (text: string) => text.endsWith("ok");

/** A client that stays, and what it got so far. */
function client(): { readonly socket: Socket; got: string; closed: boolean } {
  const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
  const state = { socket, got: "", closed: false };
  socket.on("data", (bytes) => (state.got += bytes.toString("latin1")));
  socket.on("end", () => (state.closed = true));
  socket.on("error", () => (state.closed = true));
  return state;
}

describe("a request's body", () => {
  eachWithItsGateway();

  test("is not read on once the endpoint has answered: the connection closes with the answer", async () => {
    gateway.accept = (socket) => void socket.once("data", () => socket.write(ok));
    const answer = await talk(gateway.port, `${post(1_000_000)}some of it`);
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n\r\nok$/);
    await eventually("the endpoint's connection ends too", () => gateway.open.size === 0);
  });

  test("waits with an endpoint that does not read, and not in memory", async () => {
    gateway.accept = (socket) => void socket.pause();
    const { socket } = client();
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, "x"), Buffer.from("\r\n")]);
    assert.ok((await writeUntilHeldUp(socket, chunk)) < 64 * 1024 * 1024, "nothing holds the client up");
    for (const open of gateway.open) open.resume();
    await new Promise((resolve) => socket.once("drain", resolve));
    socket.destroy();
  });

  test("arrives byte by byte as it is sent", async () => {
    let seen = "";
    gateway.accept = (socket) =>
      void socket.on("data", (bytes) => {
        seen += bytes.toString();
        if (seen.endsWith("hello")) socket.write(ok);
      });
    assert.match(await talk(gateway.port, `${post(5)}hello`.split(""), whole), /^HTTP\/1\.1 200/);
    assert.match(seen, /\r\ncontent-length: 5\r\n\r\nhello$/);
  });
});

describe("a client", () => {
  eachWithItsGateway();

  test("that has closed its own side still gets its answer, as the last one", async () => {
    gateway.accept = (socket) => void socket.once("data", () => setTimeout(() => socket.write(ok), 20));
    const state = client();
    state.socket.end(get);
    await eventually("the answer and the end", () => state.closed);
    assert.match(state.got, /^HTTP\/1\.1 200 OK\r\n[^]*ok$/);
  });

  test("that closes its side in the middle of a request ends it, at the endpoint too", async () => {
    gateway.accept = (socket) => void socket.resume();
    const state = client();
    state.socket.write(`${post(10)}half`);
    await eventually("the endpoint is asked", () => gateway.open.size === 1);
    state.socket.end();
    await eventually("both are closed", () => state.closed && gateway.open.size === 0);
    assert.doesNotMatch(state.got, /200/);
  });

  test("that breaks off cancels its request at the endpoint", async () => {
    gateway.accept = (socket) => void socket.resume();
    const state = client();
    state.socket.write(get);
    await eventually("the endpoint is asked", () => gateway.open.size === 1);
    state.socket.resetAndDestroy();
    await eventually("the endpoint's connection ends", () => gateway.open.size === 0);
    await eventually("it is counted", () => /response_flags="DC"/.test(gateway.proxy.metrics()));
  });

  test("that sends requests ahead and closes its side gets every answer", async () => {
    const state = client();
    state.socket.end(get + get + get);
    await eventually("the end", () => state.closed);
    assert.equal(state.got.match(/HTTP\/1\.1 200/g)?.length, 3);
  });

  test("that asks for more ahead than may wait is held up, and gets every answer", async () => {
    const count = 200;
    const large = get.replace("\r\n\r\n", `\r\nX: ${"y".repeat(1000)}\r\n\r\n`);
    let answers = 0;
    const state = client();
    state.socket.on("data", () => (answers = state.got.match(/ok/g)?.length ?? 0));
    for (let sent = 0; sent < count; sent += 1) state.socket.write(large);
    await eventually("every answer", () => answers === count);
    state.socket.destroy();
  });
});

describe("connections to an endpoint", () => {
  eachWithItsGateway();

  test("carry as many requests as they may, and no more", async () => {
    await gateway.serve({
      cluster: {
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            explicit_http_config: { http_protocol_options: {} },
            common_http_protocol_options: { max_requests_per_connection: 2 },
          },
        },
      },
    });
    for (let count = 0; count < 6; count += 1) await talk(gateway.port, get, whole);
    assert.equal(gateway.connections, 3);
    await eventually("none is left open", () => gateway.open.size === 0);
  });

  test("are not used again once the endpoint says more than it was asked for", async () => {
    gateway.accept = (socket) =>
      void socket.on("data", () => socket.write(`${ok}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`));
    for (let count = 0; count < 3; count += 1) assert.doesNotMatch(await talk(gateway.port, get, whole), /evil/);
    assert.equal(gateway.connections, 3);
  });

  test("more requests than may run are answered 503 at once, and say why", async () => {
    const held: Socket[] = [];
    gateway.accept = (socket) => void socket.once("data", () => held.push(socket));
    await gateway.serve({ cluster: { circuit_breakers: { thresholds: [{ max_requests: 1 }] } } });
    const first = talk(gateway.port, get, whole);
    await eventually("one runs", () => held.length === 1);
    const second = await talk(gateway.port, get, (text) => text.endsWith("overflow"));
    assert.match(second, /^HTTP\/1\.1 503 [^]*\r\nx-envoy-overloaded: true\r\n/);
    for (const socket of held) socket.write(ok);
    assert.match(await first, /ok$/);
    assert.match(gateway.proxy.metrics(), /response_flags="UO"/);
  });

  test("where no more may be opened requests wait for one, as many as may wait", async () => {
    const held: Socket[] = [];
    gateway.accept = (socket) => void socket.on("data", () => held.push(socket));
    await gateway.serve({
      cluster: { circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1 }] } },
    });
    const first = talk(gateway.port, get, whole);
    await eventually("one runs", () => held.length === 1);
    const second = talk(gateway.port, get, whole);
    await pause(20);
    assert.equal(gateway.connections, 1);
    assert.match(await talk(gateway.port, get, (text) => text.endsWith("overflow")), /^HTTP\/1\.1 503 /);
    held.shift()?.write(ok);
    assert.match(await first, /ok$/);
    await eventually("the second runs", () => held.length === 1);
    held.shift()?.write(ok);
    assert.match(await second, /ok$/);
    assert.equal(gateway.connections, 1);
  });

  test("an endpoint without one gets its own, though the others have taken all there may be", async () => {
    const other = await listen((socket) => {
      socket.on("data", () => socket.write(ok));
      socket.on("end", () => socket.end());
    });
    const endpoints = [gateway.origin, `127.0.0.1:${portOf(other)}`];
    const limited = { circuit_breakers: { thresholds: [{ max_connections: 1 }] } };
    await gateway.serve({ routes: [toCluster("both")], clusters: [cluster("both", endpoints, limited)] });
    for (let count = 0; count < 4; count += 1) assert.match(await talk(gateway.port, get, whole), /ok$/);
    assert.equal(gateway.connections, 1);
    other.close();
  });

  test("broken as they are used again: the same request goes once more, changed once", async () => {
    const seen: string[] = [];
    gateway.accept = (socket) => {
      let asked = 0;
      socket.on("data", (bytes) => {
        asked += 1;
        seen.push(bytes.toString());
        if (asked === 1) socket.write(ok);
        else socket.destroy();
      });
    };
    const appended = { request_headers_to_add: [{ header: { key: "x-added", value: "1" } }] };
    await gateway.serve({ routes: [{ ...toCluster("origin"), ...appended }] });
    for (let count = 0; count < 2; count += 1) assert.match(await talk(gateway.port, get, whole), /ok$/);
    assert.deepEqual(
      seen.map((text) => text.match(/x-added: 1/g)?.length),
      [1, 1, 1],
    );
  });

  test("a request that waits for one and is given up leaves its place", async () => {
    const held: Socket[] = [];
    gateway.accept = (socket) => void socket.on("data", () => held.push(socket));
    await gateway.serve({
      cluster: { circuit_breakers: { thresholds: [{ max_connections: 1, max_pending_requests: 1 }] } },
    });
    const first = talk(gateway.port, get, whole);
    await eventually("one runs", () => held.length === 1);
    for (let count = 0; count < 3; count += 1) {
      const waiting = client();
      waiting.socket.write(get);
      await pause(10);
      assert.equal(waiting.got, "");
      waiting.socket.resetAndDestroy();
      await pause(10);
    }
    held[0]?.write(ok);
    assert.match(await first, /ok$/);
  });
});

describe("time limits", () => {
  eachWithItsGateway();

  test("of a head: one that never ends is answered 408, however its bytes come", async () => {
    await gateway.serve({ listener: { request_timeout: "0.1s" } });
    const slow = [talk(gateway.port, "GET / HT"), talk(gateway.port, ["GET / HTTP/1.1\r\nHost", ": a\r\nX", ": y"])];
    for (const answer of await Promise.all(slow)) {
      assert.match(answer, /^HTTP\/1\.1 408 Request Timeout\r\n[^]*\r\nconnection: close\r\n\r\n$/);
    }
    assert.equal(gateway.connections, 0);
  });

  test("of a request under way: where nothing moves it is answered and given up at the endpoint", async () => {
    gateway.accept = (socket) => void socket.resume();
    await gateway.serve({ listener: { stream_idle_timeout: "0.1s" } });
    const stuck = [talk(gateway.port, get, (text) => text.endsWith("timeout")), talk(gateway.port, `${post(9)}half`)];
    const [hanging = "", slow = ""] = await Promise.all(stuck);
    assert.match(hanging, /^HTTP\/1\.1 504 [^]*stream timeout$/);
    assert.match(slow, /^HTTP\/1\.1 408 [^]*stream timeout$/);
    await eventually("the endpoint's connections end", () => gateway.open.size === 0);
  });

  test("of a request's coming: a client that sends too slowly is answered 408", async () => {
    gateway.accept = (socket) => void socket.resume();
    await gateway.serve({ listener: { request_timeout: "0.1s" } });
    assert.match(await talk(gateway.port, `${post(9)}half`), /^HTTP\/1\.1 408 [^]*request timeout$/);
  });
});

describe("draining", () => {
  eachWithItsGateway();

  test("lets what runs end, says it is the last, and takes nothing new", async () => {
    let running: Socket | undefined;
    gateway.accept = (socket) => void socket.once("data", () => (running = socket));
    const busy = client();
    const idle = client();
    busy.socket.write(get);
    await eventually("one runs", () => running !== undefined);
    gateway.proxy.proxy.receive({ kind: "drain", seconds: 5 });
    await eventually("the idle one is closed", () => idle.closed);
    idle.socket.write(get);
    await pause(20);
    assert.equal(idle.got, "");
    assert.equal(gateway.connections, 1, "nothing new reaches the endpoint");
    running?.write(ok);
    await eventually("the busy one is closed", () => busy.closed);
    assert.match(busy.got, /^HTTP\/1\.1 200 [^]*connection: close\r\n[^]*ok$/);
    await assert.rejects(talk(gateway.port, get), /ECONNREFUSED/);
  });
});
