import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../base/index.ts";
import type { Kind, KubeObject } from "../model/index.ts";
import { ApiFault, type Client, type WatchSink } from "./client.ts";
import { Informer } from "./informer.ts";
import { setting } from "./store-contract.ts";

const kind = { group: "test", versions: ["v1"], kind: "Setting", plural: "settings", namespaced: true } as const;
const settingKind = kind as unknown as Kind;

function versioned(name: string, version: number, namespace = "default"): KubeObject {
  const object = setting(name, version, namespace);
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

/** Lists what it is given, remembers the open watches. */
class FakeServer {
  lists: (KubeObject[] | Error)[] = [];
  listed = 0;
  version = 10;
  watches: { since: string; sink: WatchSink<KubeObject>; closed: boolean }[] = [];

  readonly client = {
    list: () => {
      this.listed += 1;
      const items = this.lists.shift() ?? [];
      return items instanceof Error
        ? Promise.reject(items)
        : Promise.resolve({ items, resourceVersion: String(this.version) });
    },
    watch: (_kind: Kind, options: { resourceVersion: string }, sink: WatchSink<KubeObject>) => {
      const watch = { since: options.resourceVersion, sink, closed: false };
      this.watches.push(watch);
      return { close: () => void (watch.closed = true) };
    },
  } as unknown as Client;

  get last() {
    const watch = this.watches.at(-1);
    assert.ok(watch);
    return watch;
  }
}

function start(server: FakeServer) {
  const clock = new ManualClock();
  const informer = new Informer<KubeObject>(settingKind, { client: server.client, clock, chance: () => 0 });
  const changes: string[] = [];
  informer.onChange((before, after) => {
    const say = (object?: KubeObject) =>
      object ? `${object.metadata.name}@${object.metadata.resourceVersion}` : "nothing";
    changes.push(`${say(before)} -> ${say(after)}`);
  });
  return { clock, informer, changes };
}

/** Lets promises that are settled be acted on. */
const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe("an informer", () => {
  test("is synced once it holds the first list, then follows the watch from there", async () => {
    const server = new FakeServer();
    server.lists.push([versioned("a", 3), versioned("b", 4, "other")]);
    const { informer, changes } = start(server);
    assert.equal(informer.isSynced, false);
    await informer.synced;
    assert.equal(server.last.since, "10");
    server.last.sink.event({ type: "MODIFIED", object: versioned("a", 11) });
    server.last.sink.event({ type: "ADDED", object: versioned("c", 12) });
    server.last.sink.event({ type: "DELETED", object: versioned("b", 13, "other") });
    assert.deepEqual(
      informer.byNamespace("default").map(({ metadata }) => metadata.name),
      ["a", "c"],
    );
    assert.equal(informer.get("default/a")?.metadata.resourceVersion, "11");
    assert.deepEqual(changes, ["nothing -> a@3", "nothing -> b@4", "a@3 -> a@11", "nothing -> c@12", "b@4 -> nothing"]);
    informer.close();
    assert.equal(server.last.closed, true);
  });

  test("goes on from the last version it saw when the connection broke, waiting longer each time", async () => {
    const server = new FakeServer();
    const { informer, clock } = start(server);
    await informer.synced;
    server.last.sink.event({ type: "BOOKMARK", object: versioned("", 20) });
    server.last.sink.ended(new Error("connection reset"));
    clock.advance(99);
    assert.equal(server.watches.length, 1);
    clock.advance(1);
    assert.deepEqual([server.watches.length, server.last.since], [2, "20"]);
    server.last.sink.ended(new Error("connection reset"));
    clock.advance(199);
    assert.equal(server.watches.length, 2);
    clock.advance(1);
    assert.equal(server.watches.length, 3);
    assert.equal(server.listed, 1);
    informer.close();
  });

  test("lists again when its version is too old, and tells only what differs", async () => {
    const server = new FakeServer();
    server.lists.push([versioned("a", 3), versioned("b", 4), versioned("c", 5)]);
    const { informer, changes } = start(server);
    await informer.synced;
    changes.length = 0;
    server.version = 40;
    server.lists.push([versioned("a", 3), versioned("b", 30), versioned("d", 31)]);
    server.last.sink.ended(new ApiFault(410, "Expired", "too old resource version"));
    await settle();
    assert.deepEqual(changes, ["c@5 -> nothing", "b@4 -> b@30", "nothing -> d@31"]);
    assert.equal(server.last.since, "40");
    informer.close();
  });

  test("keeps trying until the first list succeeds", async () => {
    const server = new FakeServer();
    server.lists.push(new Error("connection refused"), new Error("connection refused"), [versioned("a", 3)]);
    const { informer, clock } = start(server);
    await settle();
    clock.advance(100);
    await settle();
    assert.equal(informer.isSynced, false);
    clock.advance(200);
    await informer.synced;
    assert.equal(informer.list().length, 1);
    informer.close();
  });

  test("closed before it was synced it lets waiters go and does nothing more", async () => {
    const server = new FakeServer();
    server.lists.push([versioned("a", 3)]);
    const { informer, changes } = start(server);
    informer.close();
    await informer.synced;
    await settle();
    assert.deepEqual([server.watches.length, changes], [0, []]);
  });

  test("a listener that comes late hears of what is there as new", async () => {
    const server = new FakeServer();
    server.lists.push([versioned("a", 3)]);
    const { informer } = start(server);
    await informer.synced;
    const heard: unknown[] = [];
    informer.onChange((before, after) => heard.push([before, after?.metadata.name]));
    assert.deepEqual(heard, [[undefined, "a"]]);
    informer.close();
  });
});
