import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kinds, type Pod, type ReplicaSet } from "../../src/model/index.ts";
import { ApiFault, type Client } from "../../src/store/index.ts";
import { Cluster, deployment, turn } from "./cluster.ts";

const labels = { app: "web" };
const podSpec = { containers: [{ name: "web", image: "web:1" }] };

function replicaSet(replicas: number): ReplicaSet {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default" },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } },
  };
}

function loosePod(name: string): Pod {
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", labels }, spec: podSpec };
}

const place = { namespace: "default", name: "web" };
const scale = (cluster: Cluster, replicas: number) =>
  cluster.client.patch(kinds.ReplicaSet, place, { type: "merge", body: { spec: { replicas } } });
const names = (cluster: Cluster) => cluster.pods().map(({ metadata }) => metadata.name ?? "");
const delay = async () => {
  for (let count = 0; count < 5; count += 1) await turn();
};

describe("a ReplicaSet", () => {
  test("grows and shrinks, and its status says how far it is", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.ReplicaSet, replicaSet(2));
    await cluster.converge();
    await scale(cluster, 5);
    await cluster.settle();
    const status = async () => (await cluster.client.get(kinds.ReplicaSet, place))?.status;
    assert.deepEqual(await status(), {
      replicas: 5,
      fullyLabeledReplicas: 5,
      readyReplicas: 2,
      availableReplicas: 2,
      terminatingReplicas: 0,
      observedGeneration: 2,
    });
    await scale(cluster, 1);
    await cluster.settle();
    assert.deepEqual([(await status())?.replicas, (await status())?.terminatingReplicas], [1, 4]);
    await cluster.converge();
    assert.equal(cluster.pods().length, 1);
    assert.equal(cluster.pods()[0]?.status?.phase, "Running");
    await scale(cluster, 0);
    await cluster.converge();
    assert.deepEqual(names(cluster), []);
  });

  test("names its pods after itself, and owns them", async () => {
    await using cluster = await Cluster.open();
    const long = replicaSet(1);
    long.metadata.name = "a".repeat(63);
    await cluster.client.create(kinds.ReplicaSet, replicaSet(1));
    await cluster.client.create(kinds.ReplicaSet, { ...long, spec: { ...long.spec, replicas: 1 } });
    await cluster.converge();
    const pods = cluster.pods();
    assert.ok(names(cluster).some((name) => /^web-[a-z0-9]{5}$/.test(name)));
    assert.ok(names(cluster).every((name) => name.length <= 63));
    const owner = pods.find(({ metadata }) => metadata.name?.startsWith("web-"))?.metadata.ownerReferences?.[0];
    assert.deepEqual(
      [owner?.kind, owner?.name, owner?.controller, owner?.blockOwnerDeletion],
      ["ReplicaSet", "web", true, true],
    );
  });

  test("replaces at once what failed, what is being deleted and what is gone", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.ReplicaSet, replicaSet(3));
    await cluster.converge();
    const [failed = "", ending = "", gone = ""] = names(cluster);
    await cluster.setReady(failed, false, "Failed");
    await cluster.client.delete(kinds.Pod, { namespace: "default", name: ending });
    await cluster.client.delete(kinds.Pod, { namespace: "default", name: gone }, { gracePeriodSeconds: 0 });
    await cluster.settle();
    const found = names(cluster);
    assert.equal(found.length, 5);
    assert.ok(found.includes(failed) && found.includes(ending) && !found.includes(gone));
  });

  test("adopts pods that match and belong to nobody, and releases those that no longer match", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Pod, loosePod("loose"));
    await cluster.client.create(kinds.ReplicaSet, replicaSet(2));
    await cluster.converge();
    assert.equal(cluster.pods().length, 2);
    const loose = async () => cluster.client.get(kinds.Pod, { namespace: "default", name: "loose" });
    assert.equal((await loose())?.metadata.ownerReferences?.[0]?.name, "web");
    const body = { metadata: { labels: { app: "debug" } } };
    await cluster.client.patch(kinds.Pod, { namespace: "default", name: "loose" }, { type: "merge", body });
    await cluster.converge();
    assert.equal(cluster.pods().length, 3);
    assert.deepEqual((await loose())?.metadata.ownerReferences ?? [], []);
  });

  test("makes no pod twice while its cache is behind", async () => {
    // News of pods take a while to arrive.
    const late = (client: Client): Client => ({
      ...client,
      watch: (kind, options, sink) =>
        client.watch(kind, options, {
          event: (event) => void (kind.kind === "Pod" ? delay().then(() => sink.event(event)) : sink.event(event)),
          ended: (error) => sink.ended(error),
        }),
    });
    await using cluster = await Cluster.open(undefined, late);
    let made = 0;
    cluster.store.watch("pods", cluster.store.version, ({ type }) => (made += type === "ADDED" ? 1 : 0));
    await cluster.client.create(kinds.ReplicaSet, replicaSet(3));
    for (const note of ["a", "b", "c"]) {
      await turn();
      const body = { metadata: { annotations: { note } } };
      await cluster.client.patch(kinds.ReplicaSet, place, { type: "merge", body });
    }
    for (let round = 0; round < 5; round += 1) {
      await delay();
      await cluster.settle();
    }
    assert.equal(made, 3);
    await scale(cluster, 1);
    for (let round = 0; round < 5; round += 1) {
      await delay();
      await cluster.settle();
    }
    assert.equal(cluster.pods().filter(({ metadata }) => !metadata.deletionTimestamp).length, 1);
    assert.equal(made, 3);
  });

  test("asks but once for what is refused, says so, and tries again later", async () => {
    let asked = 0;
    let refuses = true;
    const strict = (client: Client): Client => ({
      ...client,
      create(kind, object, options) {
        if (kind.kind !== "Pod" || !refuses) return client.create(kind, object, options);
        asked += 1;
        return Promise.reject(new ApiFault(403, "Forbidden", "pods are forbidden: no quota"));
      },
    });
    await using cluster = await Cluster.open(undefined, strict);
    await cluster.client.create(kinds.Deployment, deployment({ replicas: 8 }));
    for (let round = 0; round < 4; round += 1) {
      await turn();
      for (const controller of cluster.controllers) await controller.idle();
    }
    assert.ok(asked >= 1 && asked <= 3, `${asked} times`);
    const [set] = cluster.sets();
    assert.deepEqual(await cluster.events(set?.metadata.name ?? ""), [
      "FailedCreate: Error creating: pods are forbidden: no quota",
    ]);
    const failure = (await cluster.deployment()).status?.conditions?.find(({ type }) => type === "ReplicaFailure");
    assert.deepEqual(
      [failure?.status, failure?.reason, failure?.message],
      ["True", "FailedCreate", "pods are forbidden: no quota"],
    );
    refuses = false;
    cluster.clock.advance(10_000);
    await cluster.converge();
    assert.equal(cluster.pods().length, 8);
    const conditions = (await cluster.deployment()).status?.conditions?.map(({ type }) => type);
    assert.deepEqual(new Set(conditions), new Set(["Available", "Progressing"]));
  });
});

describe("a Deployment", () => {
  test("adopts the set and the pods that another of its name left behind", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment());
    await cluster.converge();
    const before = names(cluster);
    await cluster.client.delete(kinds.Deployment, place, { propagationPolicy: "Orphan" });
    await cluster.settle();
    assert.deepEqual(names(cluster), before);
    assert.deepEqual(cluster.sets()[0]?.metadata.ownerReferences ?? [], []);
    await cluster.client.create(kinds.Deployment, deployment());
    await cluster.converge();
    assert.deepEqual(names(cluster), before);
    assert.equal(cluster.sets()[0]?.metadata.ownerReferences?.[0]?.uid, (await cluster.deployment()).metadata.uid);
  });

  test("that two templates share a hash only costs another hash", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Deployment, deployment());
    await cluster.converge();
    const [set] = cluster.sets();
    await cluster.client.delete(kinds.Deployment, place);
    await cluster.converge();
    // Someone else's set has the name now.
    const other = replicaSet(0);
    const strange = { matchLabels: { app: "other" } };
    other.metadata.name = set?.metadata.name ?? "";
    const template = { metadata: { labels: { app: "other" } }, spec: podSpec };
    await cluster.client.create(kinds.ReplicaSet, { ...other, spec: { replicas: 0, selector: strange, template } });
    await cluster.client.create(kinds.Deployment, deployment());
    for (let round = 0; round < 20; round += 1) {
      await cluster.converge();
      cluster.clock.advance(100);
    }
    assert.equal((await cluster.deployment()).status?.availableReplicas, 3);
    assert.equal((await cluster.deployment()).status?.collisionCount, 1);
  });
});
