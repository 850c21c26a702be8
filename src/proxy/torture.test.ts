import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { seededChance, type Chance } from "../base/index.ts";
import type { Route } from "../xds/index.ts";
import { cluster, listen, portOf, toCluster } from "./fixture.ts";
import { eventually, ok, pause, TestGateway } from "./gateway-fixture.ts";

/** One answer in any of the ways an endpoint may misbehave: its first part, a wait, and what follows: more, or `end`, `reset`, `nothing`. */
const answers: readonly (readonly [string, number, string])[] = [
  [ok, 0, "nothing"],
  [ok, 0, "nothing"],
  [ok, 0, "end"],
  [ok, 0, "reset"],
  ["", 0, "end"],
  ["", 0, "reset"],
  ["", 5, ok],
  ["", 0, "nothing"],
  ["HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n", 0, "nothing"],
  ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", 3, "end"],
  ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", 3, "reset"],
  ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", 3, "0\r\n\r\n"],
  ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 0, "nothing"],
  ["HTTP/1.1 200 OK\r\n\r\nuntil the end", 3, "end"],
  ["HTTP/1.1 100 Continue\r\n\r\n", 2, ok],
  ["HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n", 3, "end"],
  [`${ok}evil`, 0, "nothing"],
  ["garbage\r\n\r\n", 0, "nothing"],
];

const bodies = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`,
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + "x".repeat(90_000),
  "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nshort",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfirst",
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3),
  "GET / HTTP/1.1\r\nHo",
  "nonsense\r\n\r\n",
];

const oneOf = <T>(list: readonly T[], chance: Chance): T => list[Math.floor(chance() * list.length)] as T;

/** Node's `resetAndDestroy` may forget a socket for ever. */
function breakOff(socket: Socket): void {
  if (!socket.destroyed && !socket.writableEnded) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

function misbehave(socket: Socket, chance: Chance): void {
  socket.on("data", () => {
    const [first, wait, then] = oneOf(answers, chance);
    socket.write(first);
    const go = () => {
      if (then === "end") socket.end();
      else if (then === "reset") breakOff(socket);
      else if (then !== "nothing" && socket.writable) socket.write(then);
    };
    if (wait === 0) go();
    else setTimeout(go, wait);
  });
}

/** One client: some of its request, in cuts, and then any of the ways to leave. */
async function visit(port: number, chance: Chance): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: chance() < 0.3 });
  socket.on("error", () => undefined);
  if (chance() < 0.8) socket.resume();
  const text = oneOf(bodies, chance);
  const cut = chance() < 0.5 ? text.length : Math.floor(chance() * text.length);
  socket.write(text.slice(0, cut));
  if (chance() < 0.5) await pause(Math.floor(chance() * 6));
  if (cut < text.length && chance() < 0.7) socket.write(text.slice(cut));
  await pause(Math.floor(chance() * 40));
  const way = chance();
  if (way < 0.3) socket.end();
  else if (way < 0.6) breakOff(socket);
  if (way < 0.3) await pause(5);
  socket.destroy();
}

const routes: readonly Route[] = [
  {
    match: { prefix: "/x" },
    route: { cluster: "dead", timeout: "0.05s", retry_policy: { retry_on: "5xx,reset", num_retries: 2 } },
  },
  toCluster("both", {
    timeout: "0.06s",
    retry_policy: {
      retry_on: "5xx,reset,connect-failure",
      num_retries: 3,
      per_try_timeout: "0.02s",
      retry_back_off: { base_interval: "0.005s" },
    },
    request_mirror_policies: [{ cluster: "mirror" }],
  }),
];

describe("whatever clients and endpoints do", () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`nothing is left behind: chance ${seed}`, async () => {
      const chance = seededChance(seed);
      const gateway = new TestGateway();
      gateway.accept = (socket) => misbehave(socket, chance);
      await gateway.start();
      const open = new Set<Socket>();
      const other = await listen((socket) => {
        open.add(socket.on("error", () => undefined));
        socket.on("close", () => open.delete(socket));
        socket.on("end", () => socket.end());
        misbehave(socket, chance);
      });
      const endpoints = [gateway.origin, `127.0.0.1:${portOf(other)}`];
      const few = {
        circuit_breakers: { thresholds: [{ max_connections: 6, max_pending_requests: 4, max_retries: 5 }] },
      };
      const serve = (both: readonly string[]) =>
        gateway.serve({
          routes,
          clusters: [
            cluster("both", both, few),
            cluster("mirror", endpoints, few),
            cluster("dead", ["127.0.0.1:1"], few),
          ],
        });
      await serve(endpoints);
      const clusters = gateway.proxy.proxy.clusters(gateway.node.id);
      const met = new Set(clusters.flatMap((each) => each.endpoints));
      const work = async () => {
        for (let count = 0; count < 25; count += 1) await visit(gateway.port, chance);
      };
      const working = Promise.all(Array.from({ length: 12 }, work));
      for (let change = 0; change < 6; change += 1) {
        await pause(60);
        await serve(change % 2 === 0 ? endpoints.slice(0, 1) : endpoints);
        for (const each of clusters) for (const endpoint of each.endpoints) met.add(endpoint);
      }
      await working;
      const counts = () => ({
        clusters: clusters.map(({ load }) => load.requests + load.pending + load.retries),
        endpoints: [...met].map(({ active }) => active),
      });
      const quiet = () => Object.values(counts()).every((list) => list.every((count) => count === 0));
      await eventually("every count is zero", quiet).catch((error: unknown) => {
        throw new Error(JSON.stringify(counts()), { cause: error });
      });
      await gateway.proxy.close();
      await eventually("every connection to an endpoint is closed", () => gateway.open.size + open.size === 0);
      await eventually("none is counted", () => clusters.every(({ load }) => load.connections === 0));
      assert.ok(quiet());
      other.close();
      await gateway.close();
    });
  }
});
