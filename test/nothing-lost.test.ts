/** Under load of every kind at once, nothing is lost when the configuration, the endpoints or the processes change. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { bootstrapOf } from "./loads/bootstrap.ts";
import { Endpoint } from "./loads/endpoint.ts";
import { overGrpc } from "./loads/grpc.ts";
import { overHttp1 } from "./loads/http1.ts";
import { overHttp2 } from "./loads/http2.ts";
import { kinds, Load } from "./loads/load.ts";
import { servedBy } from "./loads/owners.ts";
import { overTcp } from "./loads/tcp.ts";
import { overWebSocket } from "./loads/websocket.ts";
import { ProxyProcess } from "./static-proxy.ts";
import { until } from "./weft.ts";

const open: { close(): unknown }[] = [];
after(async () => {
  for (const each of open.toReversed()) await each.close();
});

async function endpoint(name: string): Promise<Endpoint> {
  const opened = await Endpoint.open(name);
  open.push(opened);
  return opened;
}

async function proxyOf(endpoints: readonly Endpoint[], ...args: readonly string[]): Promise<ProxyProcess> {
  const proxy = await ProxyProcess.start(bootstrapOf({ generation: 0, endpoints }), { args });
  open.push(proxy);
  return proxy;
}

/** Clients of every kind, each of which has been answered. */
async function loaded(proxy: ProxyProcess): Promise<Load> {
  const load = new Load({ web: proxy.port("web"), raw: proxy.port("raw") });
  load.start("HTTP/1.1", 4, overHttp1);
  load.start("HTTP/2", 3, overHttp2);
  load.start("gRPC", 3, overGrpc);
  load.start("WebSocket", 4, overWebSocket);
  load.start("TCP", 4, overTcp);
  open.push({ close: () => load.stop() });
  await answered(load);
  return load;
}

/** Every kind was answered so often since now. */
async function answered(load: Load, times = 20): Promise<void> {
  const before = kinds.map((kind) => load.done(kind));
  await until(() => kinds.every((kind, index) => load.done(kind) - (before[index] ?? 0) >= times));
}

describe("of one proxy nothing is lost", () => {
  let generation = 0;
  let proxy: ProxyProcess;
  const old: Endpoint[] = [];
  before(async () => {
    old.push(await endpoint("first"));
    proxy = await proxyOf(old);
  });

  /** Writes the file and waits until it is in force. */
  async function swap(endpoints: readonly Endpoint[]): Promise<void> {
    generation += 1;
    proxy.rewrite(bootstrapOf({ generation, endpoints }));
    await until(() => proxy.stderr.split(" is in force as it is now").length - 1 === generation);
  }

  test("when routes, clusters and settings of listeners change", async () => {
    const load = await loaded(proxy);
    for (let count = 0; count < 6; count += 1) {
      await swap(old);
      await answered(load, 5);
    }
    await load.stop();
    assert.deepEqual(load.lost, []);
  });

  test("when endpoints give way to others and leave, and when those that stay renew their connections", async () => {
    const load = await loaded(proxy);
    let current = old;
    for (const name of ["second", "third"]) {
      const next = await endpoint(name);
      await swap([...current, next]);
      await answered(load, 5);
      await swap([next]);
      await Promise.all(current.map((each) => each.drain()));
      await answered(load, 5);
      assert.ok(next.served > 0);
      for (let count = 0; count < 5; count += 1) {
        next.renewSessions();
        await answered(load, 5);
      }
      current = [next];
    }
    await load.stop();
    assert.deepEqual(load.lost, []);
  });
});

describe("of two processes that share the ports", () => {
  let proxy: ProxyProcess;
  before(async () => {
    proxy = await proxyOf([await endpoint("only")], "--concurrency", "2", "--drain-time-s", "60");
  });

  test("one that is killed takes its own connections with it and no other, and another one serves in its place", async () => {
    const load = await loaded(proxy);
    const ports = Object.values(load.ports);
    const [victim = 0, other = 0] = proxy.workers;
    // Nothing opens or ends meanwhile: clients keep their connections.
    const [doomed, spared] = [servedBy(victim, ports), servedBy(other, ports)];
    assert.equal(doomed.size + spared.size, 18);
    process.kill(victim, "SIGKILL");
    await proxy.said("worker 1 serves again");
    await answered(load);
    await load.stop();
    const broken = new Set(load.troubles.map(({ address }) => address));
    assert.deepEqual(
      [...broken].filter((address) => spared.has(address)),
      [],
      load.lost.join("\n"),
    );
    assert.deepEqual([...broken].toSorted(), [...doomed].toSorted());
  });

  test("all end in order what they carry when they are to leave; WebSockets and bytes go on", async () => {
    const load = await loaded(proxy);
    load.leaving = true;
    proxy.process.kill("SIGTERM");
    await load.ended("HTTP/1.1", "HTTP/2", "gRPC");
    const carried = () => load.done("WebSocket") + load.done("TCP");
    const before = carried();
    await sleep(200);
    assert.ok(carried() > before);
    assert.equal(proxy.process.exitCode, null);
    await load.stop();
    assert.deepEqual(load.lost, []);
    assert.equal(await proxy.ended, 0);
  });
});
