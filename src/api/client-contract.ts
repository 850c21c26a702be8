import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeOf } from "../base/index.ts";
import { kinds, type Deployment, type KubeObject, type Service } from "../model/index.ts";
import { ApiFault, type Client, type WatchEvent } from "../store/index.ts";

export interface OpenClient {
  readonly client: Client;
  readonly close: () => Promise<void>;
}

export function configMap(name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", labels }, data };
}

function deployment(name: string, replicas = 1): Deployment {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "shop/web:1" }] } },
    },
  };
}

const refused = (status: number, reason: string, message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ApiFault, String(error));
  assert.deepEqual([error.status, error.reason], [status, reason], error.message);
  if (message) assert.match(error.message, message);
  return true;
};

/** Collects the events of a watch; `until` waits for that many. */
function collector<T extends KubeObject>() {
  const events: WatchEvent<T>[] = [];
  const ends: unknown[] = [];
  let look: () => void = () => undefined;
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (holds()) resolve();
      };
      look();
    });
  return {
    sink: {
      event(event: WatchEvent<T>) {
        if (event.type !== "BOOKMARK") events.push(event);
        look();
      },
      ended(error?: unknown) {
        ends.push(error);
        look();
      },
    },
    events,
    ends,
    has: (count: number) => until(() => events.length >= count),
    end: () => until(() => ends.length > 0),
    seen: () => events.map(({ type, object }) => `${type} ${object.metadata.name ?? ""}`),
  };
}

/** What every Client does. `open` gives one of an API that has the namespace `default`, a history of 50 and nothing else of note. */
export function clientContract(name: string, open: () => Promise<OpenClient>): void {
  const withClient = (run: (client: Client) => Promise<void>) => async () => {
    const { client, close } = await open();
    try {
      await run(client);
    } finally {
      await close();
    }
  };
  const { ConfigMap, Deployment, Namespace, Pod, Service } = kinds;
  const a = { namespace: "default", name: "a" };

  describe(`${name} client`, () => {
    test(
      "creates, gets, lists",
      withClient(async (client) => {
        const created = await client.create(ConfigMap, configMap("a", { x: "1" }));
        assert.match(created.metadata.uid ?? "", /^[0-9a-f-]{36}$/);
        assert.match(created.metadata.creationTimestamp ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        assert.deepEqual(await client.get(ConfigMap, a), created);
        const { items, resourceVersion } = await client.list(ConfigMap, { namespace: "default" });
        assert.deepEqual(items, [created]);
        assert.ok(Number(resourceVersion) >= Number(created.metadata.resourceVersion));
        assert.equal(await client.get(ConfigMap, { namespace: "default", name: "b" }), undefined);
      }),
    );

    test(
      "refuses in Kubernetes' words",
      withClient(async (client) => {
        await client.create(ConfigMap, configMap("a"));
        await assert.rejects(
          client.create(ConfigMap, configMap("a")),
          refused(409, "AlreadyExists", /^configmaps "a" already exists$/),
        );
        const elsewhere = { ...configMap("a"), metadata: { name: "a", namespace: "nowhere" } };
        await assert.rejects(
          client.create(ConfigMap, elsewhere),
          refused(404, "NotFound", /^namespaces "nowhere" not found$/),
        );
        await assert.rejects(
          client.delete(Deployment, a),
          refused(404, "NotFound", /^deployments.apps "a" not found$/),
        );
        await assert.rejects(client.replace(Deployment, deployment("a")), refused(404, "NotFound"));
        await assert.rejects(client.list(ConfigMap, { labelSelector: "a in" }), refused(400, "BadRequest"));
      }),
    );

    test(
      "replaces one version only when asked so",
      withClient(async (client) => {
        const first = await client.create(ConfigMap, configMap("a", { x: "1" }));
        await client.replace(ConfigMap, configMap("a", { x: "2" }));
        await assert.rejects(
          client.replace(ConfigMap, { ...first, data: { x: "3" } }),
          refused(409, "Conflict", /has been modified/),
        );
        assert.deepEqual((await client.get(ConfigMap, a))?.data, { x: "2" });
      }),
    );

    test(
      "a write that changes nothing makes no new version",
      withClient(async (client) => {
        const first = await client.create(Deployment, deployment("a"));
        const again = await client.replace(Deployment, deployment("a"));
        assert.deepEqual(again, first);
      }),
    );

    test(
      "keeps status and wishes apart, and counts only wishes as generations",
      withClient(async (client) => {
        const first = await client.create(Deployment, { ...deployment("a"), status: { replicas: 9 } });
        assert.equal(first.status, undefined);
        assert.equal(first.metadata.generation, 1);
        const status = { replicas: 1 };
        await client.replaceStatus(Deployment, { ...deployment("a", 7), status });
        const wished = await client.replace(Deployment, {
          ...deployment("a", 2),
          status: { replicas: 5 },
        });
        assert.deepEqual([wished.spec?.replicas, wished.status, wished.metadata.generation], [2, status, 2]);
        const body = { status: { replicas: 2 }, spec: { replicas: 9 } };
        const patched = await client.patch(Deployment, a, { type: "merge", body }, { status: true });
        assert.deepEqual(
          [patched.spec?.replicas, patched.status, patched.metadata.generation],
          [2, { replicas: 2 }, 2],
        );
        const labelled = await client.patch(Deployment, a, {
          type: "merge",
          body: { metadata: { labels: { x: "y" } } },
        });
        assert.equal(labelled.metadata.generation, 2);
      }),
    );

    test(
      "patches in three ways",
      withClient(async (client) => {
        await client.create(Deployment, deployment("a"));
        const image = { spec: { template: { spec: { containers: [{ name: "main", image: "shop/web:2" }] } } } };
        const strategic = await client.patch(Deployment, a, { type: "strategic", body: image });
        assert.equal(strategic.spec?.template.spec?.containers[0]?.image, "shop/web:2");
        const merged = await client.patch(Deployment, a, { type: "merge", body: { spec: { replicas: 4 } } });
        assert.equal(merged.spec?.replicas, 4);
        const operations = [{ op: "replace", path: "/spec/replicas", value: 5 }];
        assert.equal((await client.patch(Deployment, a, { type: "json", body: operations })).spec?.replicas, 5);
        const failing = { type: "json", body: [{ op: "remove", path: "/spec/nothing" }] } as const;
        await assert.rejects(client.patch(Deployment, a, failing), refused(422, "Invalid"));
        await assert.rejects(
          client.patch(kinds.VirtualService, a, { type: "strategic", body: {} }),
          refused(415, "UnsupportedMediaType"),
        );
      }),
    );

    test(
      "patches that meet are all applied",
      withClient(async (client) => {
        await client.create(ConfigMap, configMap("a"));
        const keys = ["k1", "k2", "k3", "k4", "k5"];
        await Promise.all(
          keys.map((key) => client.patch(ConfigMap, a, { type: "merge", body: { data: { [key]: "x" } } })),
        );
        assert.deepEqual(Object.keys((await client.get(ConfigMap, a))?.data ?? {}).toSorted(), keys);
      }),
    );

    test(
      "a dry run answers and writes nothing",
      withClient(async (client) => {
        const created = await client.create(ConfigMap, configMap("a", { x: "1" }), { dryRun: true });
        assert.deepEqual(created.data, { x: "1" });
        assert.equal(await client.get(ConfigMap, a), undefined);
        await client.create(ConfigMap, configMap("a", { x: "1" }));
        const body = { data: { x: "2" } };
        assert.deepEqual((await client.patch(ConfigMap, a, { type: "merge", body }, { dryRun: true })).data, {
          x: "2",
        });
        await client.delete(ConfigMap, a, { dryRun: true });
        assert.deepEqual((await client.get(ConfigMap, a))?.data, { x: "1" });
      }),
    );

    test(
      "what immutable fields hold stays",
      withClient(async (client) => {
        await client.create(Deployment, deployment("a"));
        const body = {
          spec: { selector: { matchLabels: { app: "b" } }, template: { metadata: { labels: { app: "b" } } } },
        };
        const immutable = /^Deployment.apps "a" is invalid: spec.selector: Invalid value: .*: field is immutable$/;
        await assert.rejects(client.patch(Deployment, a, { type: "merge", body }), refused(422, "Invalid", immutable));
      }),
    );

    test(
      "names are made from generateName",
      withClient(async (client) => {
        const made = await client.create(ConfigMap, {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { generateName: "web-" },
        });
        assert.match(made.metadata.name ?? "", /^web-[a-z0-9]{5}$/);
      }),
    );

    test(
      "selects by labels and fields",
      withClient(async (client) => {
        for (const [name, tier] of [
          ["a", "front"],
          ["b", "back"],
          ["c", "front"],
        ] as const) {
          await client.create(ConfigMap, configMap(name, {}, { tier }));
        }
        const names = async (options: object) =>
          (await client.list(ConfigMap, options)).items.map(({ metadata }) => metadata.name);
        assert.deepEqual(await names({ labelSelector: "tier=front" }), ["a", "c"]);
        assert.deepEqual(await names({ labelSelector: "tier in (back),!old" }), ["b"]);
        assert.deepEqual(await names({ fieldSelector: "metadata.name!=a", labelSelector: "tier=front" }), ["c"]);
        assert.deepEqual(await names({ namespace: "kube-system" }), []);
      }),
    );

    test(
      "an object with finalizers ends when the last one goes",
      withClient(async (client) => {
        const object = configMap("a");
        await client.create(ConfigMap, { ...object, metadata: { ...object.metadata, finalizers: ["weft.dev/test"] } });
        await client.delete(ConfigMap, a);
        assert.ok((await client.get(ConfigMap, a))?.metadata.deletionTimestamp);
        await client.patch(ConfigMap, a, { type: "merge", body: { metadata: { finalizers: null } } });
        assert.equal(await client.get(ConfigMap, a), undefined);
      }),
    );

    test(
      "a running pod is given its grace, and goes at once when asked again with none",
      withClient(async (client) => {
        const spec = {
          nodeName: "weft",
          containers: [{ name: "main", image: "shop/web:1" }],
          terminationGracePeriodSeconds: 7,
        };
        const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "default" }, spec } as never;
        await client.create(Pod, pod);
        await client.delete(Pod, a);
        const ending = await client.get(Pod, a);
        assert.equal(ending?.metadata.deletionGracePeriodSeconds, 7);
        assert.ok(ending?.metadata.deletionTimestamp);
        await client.delete(Pod, a);
        assert.ok(await client.get(Pod, a));
        await assert.rejects(client.delete(Pod, a, { uid: "other" }), refused(409, "Conflict"));
        await client.delete(Pod, a, { gracePeriodSeconds: 0 });
        assert.equal(await client.get(Pod, a), undefined);
      }),
    );

    test(
      "a namespace with content ends when it is emptied and deleted again, and takes nothing new meanwhile",
      withClient(async (client) => {
        await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
        const inShop = { ...configMap("a"), metadata: { name: "a", namespace: "shop" } };
        await client.create(ConfigMap, inShop);
        await client.delete(Namespace, { name: "shop" });
        const ending = await client.get(Namespace, { name: "shop" });
        assert.equal((ending?.["status"] as { phase?: string } | undefined)?.phase, "Terminating");
        const second = { ...inShop, metadata: { name: "b", namespace: "shop" } };
        await assert.rejects(
          client.create(ConfigMap, second),
          refused(403, "Forbidden", /because it is being terminated$/),
        );
        await client.delete(ConfigMap, { namespace: "shop", name: "a" });
        await client.delete(Namespace, { name: "shop" });
        assert.equal(await client.get(Namespace, { name: "shop" }), undefined);
      }),
    );

    test(
      "services get addresses of their own, and keep them",
      withClient(async (client) => {
        const service = (name: string, spec: object = {}) =>
          ({
            apiVersion: "v1",
            kind: "Service",
            metadata: { name, namespace: "default" },
            spec: { ports: [{ port: 80 }], ...spec },
          }) as unknown as Service;
        const address = async (name: string, spec?: object) =>
          (await client.create(Service, service(name, spec))).spec?.clusterIP;
        const [one, two] = await Promise.all([address("one"), address("two")]);
        assert.match(one ?? "", /^10\.96\.\d+\.\d+$/);
        assert.notEqual(one, two);
        assert.equal(await address("wanted", { clusterIP: "10.96.3.4" }), "10.96.3.4");
        assert.equal(await address("headless", { clusterIP: "None" }), "None");
        assert.equal(await address("external", { type: "ExternalName", externalName: "a.test" }), undefined);
        for (const clusterIP of ["10.96.3.4", "10.96.0.1", "10.97.0.1"]) {
          await assert.rejects(address("taken", { clusterIP }), refused(422, "Invalid", /failed to allocate IP/));
        }
        const replaced = await client.replace(Service, service("one", { selector: { app: "one" } }));
        assert.equal(replaced.spec?.clusterIP, one);
        const moved = { spec: { clusterIP: "10.96.9.9" } };
        await assert.rejects(
          client.patch(Service, { namespace: "default", name: "one" }, { type: "merge", body: moved }),
          refused(422, "Invalid", /field is immutable/),
        );
      }),
    );

    test(
      "a watch tells what comes after its version, as seen through its selector",
      withClient(async (client) => {
        const { resourceVersion } = await client.list(ConfigMap);
        await client.create(ConfigMap, configMap("a", {}, { tier: "front" }));
        const { sink, has, seen } = collector();
        const watch = client.watch(ConfigMap, { resourceVersion, labelSelector: "tier=front" }, sink);
        await has(1);
        await client.create(ConfigMap, configMap("b", {}, { tier: "back" }));
        const relabel = (name: string, tier: string) =>
          client.patch(
            ConfigMap,
            { namespace: "default", name },
            { type: "merge", body: { metadata: { labels: { tier } } } },
          );
        await relabel("b", "front");
        await client.patch(ConfigMap, a, { type: "merge", body: { data: { x: "1" } } });
        await relabel("a", "back");
        await client.delete(ConfigMap, { namespace: "default", name: "b" });
        await has(5);
        assert.deepEqual(seen(), ["ADDED a", "ADDED b", "MODIFIED a", "DELETED a", "DELETED b"]);
        watch.close();
      }),
    );

    test(
      "a watch ends once: by its closing, or with 410 when its version is too old",
      withClient(async (client) => {
        const { resourceVersion } = await client.list(ConfigMap);
        const closed = collector();
        const watch = client.watch(ConfigMap, { resourceVersion }, closed.sink);
        watch.close();
        watch.close();
        await closed.end();
        assert.deepEqual(closed.ends, [undefined]);
        for (let index = 0; index < 120; index += 1) await client.create(ConfigMap, configMap(`c${index}`));
        const late = collector();
        client.watch(ConfigMap, { resourceVersion }, late.sink);
        await late.end();
        assert.ok(refused(410, "Expired", /^too old resource version/)(late.ends[0]));
      }),
    );

    test(
      "changing what was handed out changes nothing but the copy, if that",
      withClient(async (client) => {
        await client.create(ConfigMap, configMap("a", { x: "1" }));
        const object = await client.get(ConfigMap, a);
        try {
          Object.assign(object?.data ?? {}, { x: "2" });
        } catch (error) {
          assert.equal(codeOf(error), undefined);
        }
        assert.deepEqual((await client.get(ConfigMap, a))?.data, { x: "1" });
        const mine = configMap("b", { x: "1" });
        await client.create(ConfigMap, mine);
        mine.data["x"] = "2";
        assert.deepEqual((await client.get(ConfigMap, { namespace: "default", name: "b" }))?.data, { x: "1" });
      }),
    );

    test(
      "fields no schema knows are warned about",
      withClient(async (client) => {
        const warnings: string[] = [];
        const object = { ...configMap("a"), dta: {} };
        await client.create(ConfigMap, object, { onWarning: (text) => warnings.push(text) });
        assert.deepEqual(warnings, ['unknown field "dta"']);
      }),
    );
  });
}
