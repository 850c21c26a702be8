import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeOf } from "../base/index.ts";
import type { KubeObject } from "../model/index.ts";
import type { Store, StoreEvent } from "./store.ts";

export const settings = "settings.test";

export function setting(name: string, value: number, namespace = "default"): KubeObject {
  return { apiVersion: "test/v1", kind: "Setting", metadata: { namespace, name }, spec: { value } };
}

const isFault = (code: string) => (error: unknown) => codeOf(error) === code;
const versionOf = (object: KubeObject) => object.metadata.resourceVersion ?? "";

/** What every Store does. `open` makes an empty one with room for `historyLength` events. */
export function storeContract(name: string, open: (historyLength: number) => Store): void {
  const withStore = async (run: (store: Store) => Promise<void>, historyLength = 100) => {
    const store = open(historyLength);
    try {
      await run(store);
    } finally {
      await store.close();
    }
  };
  const create = (store: Store, object: KubeObject) => store.write({ type: "create", resource: settings, object });
  const update = (store: Store, object: KubeObject, version: string) =>
    store.write({ type: "update", resource: settings, object, version });
  const remove = (store: Store, key: string, version: string) =>
    store.write({ type: "delete", resource: settings, key, version });

  describe(`${name} store`, () => {
    test("one version counts every write", () =>
      withStore(async (store) => {
        const first = await create(store, setting("a", 1));
        const other = await store.write({ type: "create", resource: "others", object: setting("a", 1) });
        const second = await update(store, setting("a", 2), versionOf(first));
        const versions = [first, other, second].map((object) => Number(versionOf(object)));
        assert.deepEqual(versions, [2, 3, 4]);
        assert.equal(store.version, 4);
      }));

    test("creating what exists, changing what does not, and changing an old version are refused without a trace", () =>
      withStore(async (store) => {
        const first = await create(store, setting("a", 1));
        await assert.rejects(create(store, setting("a", 9)), isFault("store-exists"));
        await assert.rejects(update(store, setting("b", 9), "2"), isFault("store-missing"));
        await assert.rejects(remove(store, "default/b", "2"), isFault("store-missing"));
        const second = await update(store, setting("a", 2), versionOf(first));
        await assert.rejects(update(store, setting("a", 9), versionOf(first)), isFault("store-conflict"));
        await assert.rejects(remove(store, "default/a", versionOf(first)), isFault("store-conflict"));
        assert.deepEqual(store.get(settings, "default/a"), second);
        assert.equal(store.version, Number(versionOf(second)));
      }));

    test("of many writes at once from one version, one wins", () =>
      withStore(async (store) => {
        const first = await create(store, setting("a", 0));
        const all = await Promise.allSettled(
          [1, 2, 3].map((value) => update(store, setting("a", value), versionOf(first))),
        );
        assert.deepEqual(
          all.map(({ status }) => status),
          ["fulfilled", "rejected", "rejected"],
        );
        assert.deepEqual(store.get(settings, "default/a")?.["spec"], { value: 1 });
      }));

    test("create, change and deletion in one turn see each other", () =>
      withStore(async (store) => {
        const made = create(store, setting("a", 1));
        const changed = update(store, setting("a", 2), "2");
        const gone = remove(store, "default/a", "3");
        await Promise.all([made, changed, gone]);
        assert.equal(store.get(settings, "default/a"), undefined);
        assert.equal(store.version, 4);
      }));

    test("a list is in order of keys, of one namespace when asked, and says its version", () =>
      withStore(async (store) => {
        for (const [name, namespace] of [
          ["b", "x"],
          ["a", "x"],
          ["c", "default"],
        ] as const) {
          await create(store, setting(name, 1, namespace));
        }
        const names = (namespace?: string) =>
          store.list(settings, { namespace }).objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
        assert.deepEqual(names(), ["default/c", "x/a", "x/b"]);
        assert.deepEqual(names("x"), ["x/a", "x/b"]);
        assert.equal(store.list(settings).version, store.version);
        assert.deepEqual(
          [...store.inNamespace("x")]
            .map(({ object }) => object.metadata.name)
            .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
          ["a", "b"],
        );
      }));

    test("a list can be had as it was at an earlier version", () =>
      withStore(async (store) => {
        const a = await create(store, setting("a", 1));
        const then = store.version;
        await update(store, setting("a", 2), versionOf(a));
        const b = await create(store, setting("b", 1));
        await remove(store, "default/b", versionOf(b));
        await remove(store, "default/a", versionOf(store.get(settings, "default/a") ?? a));
        assert.deepEqual(store.list(settings, { at: then }), { version: then, objects: [a] });
        assert.deepEqual(store.list(settings).objects, []);
      }));

    test("objects handed out cannot be changed", () =>
      withStore(async (store) => {
        await create(store, setting("a", 1));
        const object = store.get(settings, "default/a");
        assert.throws(() => Object.assign(object?.["spec"] as object, { value: 2 }), TypeError);
        assert.throws(() => Object.assign(object?.metadata ?? {}, { name: "b" }), TypeError);
      }));

    test("a watch gets the writes after its version, in order, then the new ones, of its resource only", () =>
      withStore(async (store) => {
        const a = await create(store, setting("a", 1));
        const since = store.version;
        const b = await update(store, setting("a", 2), versionOf(a));
        const events: StoreEvent[] = [];
        const watch = store.watch(settings, since, (event) => events.push(event));
        await store.write({ type: "create", resource: "others", object: setting("z", 1) });
        const gone = await remove(store, "default/a", versionOf(b));
        watch.close();
        await create(store, setting("c", 1));
        assert.deepEqual(
          events.map(({ type, version }) => [type, version]),
          [
            ["MODIFIED", 3],
            ["DELETED", 5],
          ],
        );
        assert.deepEqual(events[0]?.previous, a);
        assert.deepEqual(events[1]?.object, gone);
        assert.equal(versionOf(gone), "5");
      }));

    test("a refused or failed write is told to no watch", () =>
      withStore(async (store) => {
        await create(store, setting("a", 1));
        const events: StoreEvent[] = [];
        store.watch(settings, store.version, (event) => events.push(event));
        await assert.rejects(create(store, setting("a", 1)));
        assert.deepEqual(events, []);
      }));

    test("a version older than history, or one that has not been, is expired", () =>
      withStore(async (store) => {
        for (let index = 0; index < 12; index += 1) await create(store, setting(`s${index}`, index));
        const old = isFault("store-expired");
        assert.throws(() => store.watch(settings, 2, () => undefined), old);
        assert.throws(() => store.list(settings, { at: 2 }), old);
        assert.throws(() => store.watch(settings, store.version + 1, () => undefined), old);
        store.watch(settings, store.version - 3, () => undefined).close();
      }, 3));

    test("after close nothing is written, what was asked for before is", async () => {
      const store = open(10);
      const before = create(store, setting("a", 1));
      await store.close();
      assert.equal((await before).metadata.name, "a");
      await assert.rejects(create(store, setting("b", 1)), isFault("store-closed"));
    });
  });
}
