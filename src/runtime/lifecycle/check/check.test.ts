import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { afterEach, describe, it } from "node:test";
import { ManualClock, systemClock } from "../../../base/index.ts";
import { failed, passed, perform, type Place } from "./index.ts";

const opened: Server[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push(server);
  return (server.address() as AddressInfo).port;
}

const place = (more: Partial<Place> = {}): Place => ({
  clock: systemClock,
  podIP: "10.244.0.5",
  address: "127.0.0.1",
  ports: [],
  exec: () => Promise.resolve(failed("no")),
  ...more,
});
const limit = 2000;

describe("checks of a container", () => {
  it("by HTTP send the pod's address and the given headers, and pass from 200 to 399", async () => {
    let seen: Record<string, unknown> = {};
    let url: string | undefined;
    let status = 302;
    const port = await listen(
      createServer((request, response) => {
        seen = request.headers;
        url = request.url;
        response.writeHead(status).end("x");
      }),
    );
    const ports = [{ name: "web", containerPort: port }];
    const httpGet = { port: "web", path: "/healthz?a=b", httpHeaders: [{ name: "X-Why", value: "probe" }] };
    assert.deepEqual(await perform({ httpGet }, place({ ports }), limit), passed());
    assert.equal(seen["host"], `10.244.0.5:${port}`);
    assert.equal(seen["x-why"], "probe");
    assert.equal(url, "/healthz?a=b");
    const named = { port, path: "/", httpHeaders: [{ name: "Host", value: "shop.example" }] };
    status = 500;
    assert.deepEqual(
      await perform({ httpGet: named }, place(), limit),
      failed("HTTP probe failed with statuscode: 500"),
    );
    assert.equal(seen["host"], "shop.example");
    assert.equal(
      (await perform({ httpGet: { port: "other" } }, place(), limit)).message,
      `couldn't find port: "other"`,
    );
  });

  it("by TCP pass when the port accepts", async () => {
    const server = createTcpServer((socket) => socket.destroy());
    const port = await listen(server);
    assert.deepEqual(await perform({ tcpSocket: { port } }, place(), limit), passed());
    await new Promise((resolve) => server.close(resolve));
    opened.pop();
    const { ok, message } = await perform({ tcpSocket: { port: String(port) } }, place(), limit);
    assert.equal(ok, false);
    assert.equal(message, `dial tcp 10.244.0.5:${port}: connect: connection refused`);
  });

  it("by HTTP fail when no answer comes in time", async () => {
    const clock = new ManualClock();
    const sockets: (() => void)[] = [];
    const asked = Promise.withResolvers<void>();
    const port = await listen(
      createTcpServer((socket) => {
        socket.on("error", () => undefined);
        sockets.push(() => socket.destroy());
        asked.resolve();
      }),
    );
    const result = perform({ httpGet: { port } }, place({ clock }), 1000);
    await asked.promise;
    clock.advance(1000);
    assert.match((await result).message, /Client.Timeout exceeded while awaiting headers/);
    for (const end of sockets) end();
  });

  it("by gRPC ask the health service", async () => {
    let asked = "";
    let answer = 1;
    const server = createHttp2Server();
    server.on("stream", (stream, headers) => {
      assert.equal(headers[":path"], "/grpc.health.v1.Health/Check");
      stream.on("data", (chunk: Buffer) => (asked = chunk.subarray(7).toString()));
      stream.on("end", () => {
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, answer]));
      });
    });
    const port = await listen(server);
    assert.deepEqual(await perform({ grpc: { port, service: "shop" } }, place(), limit), passed());
    assert.equal(asked, "shop");
    answer = 2;
    const { message } = await perform({ grpc: { port } }, place(), limit);
    assert.equal(message, 'service unhealthy (responded with "NOT_SERVING")');
  });

  it("end at once when they are no longer needed", async () => {
    const aborter = new AbortController();
    const waiting = perform({ sleep: { seconds: 60 } }, place({ clock: new ManualClock() }), 90_000, aborter.signal);
    aborter.abort();
    assert.deepEqual(await waiting, passed());
  });
});
