import assert from "node:assert/strict";
import { connect as connect2 } from "node:http2";
import { connect, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Route } from "../xds/index.ts";
import { cluster, httpListener, listen, nodeOf, portOf, resources, talk, TestProxy, toCluster } from "./fixture.ts";

/** An endpoint that shouts back, and greets first. */
const shouting = (socket: Socket) => {
  socket.on("error", () => undefined);
  socket.write("hi;");
  socket.on("data", (bytes: Buffer) => void socket.write(bytes.toString().toUpperCase()));
  socket.on("end", () => socket.end("bye"));
};

/** A proxy behind this one, that answers CONNECT itself. */
const nextProxy = (socket: Socket) => {
  socket.on("error", () => undefined);
  socket.once("data", (head: Buffer) => {
    const line = head.toString().split("\r\n")[0] ?? "";
    socket.write(`HTTP/1.1 200 Fine\r\nx-line: ${line}\r\n\r\n`);
    socket.on("data", (bytes: Buffer) => void socket.write(bytes.toString().toUpperCase()));
    socket.on("end", () => socket.end("bye"));
  });
};

const connectRoute = (name: string, terminate: boolean): Route => ({
  match: { connect_matcher: {} },
  route: {
    cluster: name,
    timeout: "0s",
    upgrade_configs: [{ upgrade_type: "CONNECT", ...(terminate ? { connect_config: {} } : {}) }],
  },
});

describe("CONNECT", () => {
  const proxy = new TestProxy();
  const node = nodeOf("gateway");
  const ports = { ending: 0, forwarding: 0, forbidding: 0 };
  const origins: Server[] = [];
  before(async () => {
    origins.push(await listen(shouting), await listen(nextProxy));
    proxy.host([{ node }]);
    ports.ending = await proxy.gateway(node.id, 80);
    ports.forwarding = await proxy.gateway(node.id, 81);
    ports.forbidding = await proxy.gateway(node.id, 82);
    await proxy.configure({
      [node.id]: resources({
        listeners: [
          httpListener(80, [toCluster("shouting"), connectRoute("shouting", true)]),
          httpListener(81, [connectRoute("next", false)]),
          httpListener(82, [toCluster("shouting")]),
        ],
        clusters: [
          cluster("shouting", [`127.0.0.1:${origins[0] && portOf(origins[0])}`]),
          cluster("next", [`127.0.0.1:${origins[1] && portOf(origins[1])}`]),
        ],
      }),
    });
  });
  after(async () => {
    await proxy.close();
    for (const origin of origins) origin.close();
  });
  const ask = "CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example:443\r\n\r\n";

  test("that ends here is a tunnel to the endpoint, which may speak first", async () => {
    const answer = await talk(ports.ending, [ask, "abc"], (text) => text.includes("ABC"));
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n(?![^]*(?:content-length|transfer-encoding))[^]*\r\n\r\nhi;ABC$/);
  });

  test("that is handed on reaches the next proxy as it was asked", async () => {
    const answer = await talk(ports.forwarding, [ask, "abc"], (text) => text.includes("ABC"));
    assert.match(
      answer,
      /^HTTP\/1\.1 200 Fine\r\n[^]*x-line: CONNECT shop\.example:443 HTTP\/1\.1\r\n[^]*\r\n\r\nABC$/,
    );
  });

  test("carries each side's end", async () => {
    const socket = connect({ port: ports.ending, host: "127.0.0.1", allowHalfOpen: true });
    let got = "";
    socket.on("data", (bytes: Buffer) => (got += bytes.toString()));
    socket.write(ask);
    await new Promise<void>((resolve) => socket.once("data", () => resolve()));
    socket.end("last words");
    await new Promise<void>((resolve) => socket.once("end", () => resolve()));
    assert.match(got, /LAST WORDSbye$/);
  });

  test("where nobody allowed it is answered 403, and no route of paths is met", async () => {
    assert.match(await talk(ports.forbidding, ask, (text) => text.includes("\r\n\r\n")), /^HTTP\/1\.1 403 /);
  });

  test("over HTTP/2 is a tunnel in one stream", async () => {
    const session = connect2(`http://127.0.0.1:${ports.ending}`);
    const stream = session.request({ ":method": "CONNECT", ":authority": "shop.example:443" }, { endStream: false });
    let got = "";
    stream.on("data", (bytes: Buffer) => (got += bytes.toString()));
    const status = await new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
    assert.equal(status, 200);
    stream.end("abc");
    await new Promise<void>((resolve) => stream.once("end", () => resolve()));
    assert.equal(got, "hi;ABCbye");
    session.destroy();
  });
});
