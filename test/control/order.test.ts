import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type ConfigMap, kinds, type Namespace, type Pod } from "../../src/model/index.ts";
import { Cluster, deployment } from "./cluster.ts";

const place = { namespace: "default", name: "web" };

function pod(name: string, spec: Partial<Pod["spec"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "web", image: "web:1" }], ...spec },
  };
}

function configMap(name: string, metadata: Partial<ConfigMap["metadata"]> = {}): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", ...metadata } };
}

function namespace(name: string): Namespace {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

const scheduled = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === "PodScheduled");

describe("the scheduler", () => {
  test("gives a pod the node, and says so", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Pod, pod("a"));
    await cluster.settle();
    const [found] = cluster.pods();
    assert.equal(found?.spec.nodeName, "weft");
    assert.equal(found && scheduled(found)?.status, "True");
    assert.deepEqual(await cluster.events("a"), ["Scheduled: Successfully assigned default/a to weft"]);
  });

  test("leaves a pod that fits nothing Pending, says why, and thinks again when the node changes", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Pod, pod("a", { nodeSelector: { disk: "tape" } }));
    await cluster.settle();
    const why =
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    const condition = cluster.pods().map(scheduled)[0];
    assert.deepEqual([condition?.status, condition?.reason, condition?.message], ["False", "Unschedulable", why]);
    assert.equal(cluster.pods()[0]?.status?.phase, "Pending");
    assert.deepEqual(await cluster.events("a"), [`FailedScheduling: ${why}`]);
    const body = { metadata: { labels: { disk: "tape" } } };
    await cluster.client.patch(kinds.Node, { name: "weft" }, { type: "merge", body });
    await cluster.settle();
    assert.equal(cluster.pods()[0]?.spec.nodeName, "weft");
    const after = cluster.pods().map(scheduled)[0];
    assert.deepEqual([after?.status, after?.reason, after?.message], ["True", undefined, undefined]);
  });

  test("has nothing to give to pods of other nodes, of other schedulers, and behind gates", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Pod, pod("elsewhere", { nodeName: "other" }));
    await cluster.client.create(kinds.Pod, pod("mine", { schedulerName: "mine" }));
    await cluster.client.create(kinds.Pod, pod("gated", { schedulingGates: [{ name: "a.example/b" }] }));
    await cluster.settle();
    const reasons = cluster.pods().map((pod) => [pod.metadata.name, pod.spec.nodeName, scheduled(pod)?.reason]);
    assert.deepEqual(reasons, [
      ["elsewhere", "other", "Unschedulable"],
      ["gated", undefined, "SchedulingGated"],
      ["mine", undefined, undefined],
    ]);
  });

  test("keeps the node: it is made again when someone deletes it, and its state is true", async () => {
    await using cluster = await Cluster.open();
    await cluster.settle();
    await cluster.client.delete(kinds.Node, { name: "weft" });
    await cluster.settle();
    const node = await cluster.client.get(kinds.Node, { name: "weft" });
    assert.equal(node?.status?.conditions?.find(({ type }) => type === "Ready")?.status, "True");
    assert.equal(node.status.nodeInfo?.operatingSystem, process.platform === "win32" ? "windows" : process.platform);
  });
});

describe("namespaces", () => {
  test("each has its service account and the authority's certificate, and gets them back", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Namespace, namespace("shop"));
    await cluster.settle();
    const account = { namespace: "shop", name: "default" };
    const authority = { namespace: "shop", name: "kube-root-ca.crt" };
    assert.ok(await cluster.client.get(kinds.ServiceAccount, account));
    assert.equal((await cluster.client.get(kinds.ConfigMap, authority))?.data?.["ca.crt"], "PEM");
    await cluster.client.delete(kinds.ServiceAccount, account);
    await cluster.client.patch(kinds.ConfigMap, authority, { type: "merge", body: { data: { "ca.crt": "old" } } });
    await cluster.settle();
    assert.ok(await cluster.client.get(kinds.ServiceAccount, account));
    assert.equal((await cluster.client.get(kinds.ConfigMap, authority))?.data?.["ca.crt"], "PEM");
  });

  test("deleting one deletes all in it, and waits for its pods", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Namespace, namespace("shop"));
    const shop = deployment();
    shop.metadata.namespace = "shop";
    await cluster.client.create(kinds.Deployment, shop);
    await cluster.client.create(kinds.Deployment, deployment());
    await cluster.converge();
    await cluster.client.delete(kinds.Namespace, { name: "shop" });
    await cluster.settle();
    const ending = await cluster.client.get(kinds.Namespace, { name: "shop" });
    assert.equal(ending?.status?.phase, "Terminating");
    assert.match(ending.status.conditions?.[0]?.message ?? "", /pods has 3 resource instances$/);
    await cluster.converge();
    assert.equal(await cluster.client.get(kinds.Namespace, { name: "shop" }), undefined);
    assert.deepEqual([...cluster.store.inNamespace("shop")], []);
    assert.equal((await cluster.deployment()).status?.availableReplicas, 3);
  });

  test("default and kube-system are always there", async () => {
    await using cluster = await Cluster.open();
    await cluster.settle();
    await cluster.client.delete(kinds.Namespace, { name: "default" });
    await cluster.settle();
    const found = await cluster.client.get(kinds.Namespace, { name: "default" });
    assert.ok(found && !found.metadata.deletionTimestamp);
  });
});

describe("the garbage collector", () => {
  for (const propagationPolicy of ["Background", "Foreground"] as const) {
    test(`deleting a Deployment removes all that was its own: ${propagationPolicy}`, async () => {
      await using cluster = await Cluster.open();
      await cluster.client.create(kinds.Deployment, deployment());
      await cluster.client.create(kinds.Pod, pod("bystander"));
      await cluster.converge();
      await cluster.client.delete(kinds.Deployment, place, { propagationPolicy });
      await cluster.settle();
      // In the foreground the owner goes last.
      const { items } = await cluster.client.list(kinds.Deployment);
      assert.equal(items.length, propagationPolicy === "Foreground" ? 1 : 0);
      await cluster.converge();
      assert.equal((await cluster.client.list(kinds.Deployment)).items.length, 0);
      assert.equal(cluster.sets().length, 0);
      assert.deepEqual(
        cluster.pods().map(({ metadata }) => metadata.name),
        ["bystander"],
      );
    });
  }

  test("what has another owner left only loses the one that is gone", async () => {
    await using cluster = await Cluster.open();
    const owners = [
      await cluster.client.create(kinds.ConfigMap, configMap("first")),
      await cluster.client.create(kinds.ConfigMap, configMap("second")),
    ];
    const ownerReferences = owners.map(({ metadata: { name = "", uid = "" } }) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      name,
      uid,
    }));
    await cluster.client.create(kinds.ConfigMap, configMap("child", { ownerReferences }));
    await cluster.client.delete(kinds.ConfigMap, { namespace: "default", name: "first" });
    await cluster.settle();
    const child = () => cluster.client.get(kinds.ConfigMap, { namespace: "default", name: "child" });
    assert.deepEqual(
      (await child())?.metadata.ownerReferences?.map(({ name }) => name),
      ["second"],
    );
    await cluster.client.delete(kinds.ConfigMap, { namespace: "default", name: "second" });
    await cluster.settle();
    assert.equal(await child(), undefined);
  });

  test("a name is not an owner: one of the same name and another uid does not count; kinds not served do", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.ConfigMap, configMap("owner"));
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "another" };
    const foreign = { apiVersion: "example.com/v1", kind: "Widget", name: "w", uid: "widget" };
    await cluster.client.create(kinds.ConfigMap, configMap("garbage", { ownerReferences: [owner] }));
    await cluster.client.create(kinds.ConfigMap, configMap("foreign", { ownerReferences: [foreign] }));
    await cluster.settle();
    const { items } = await cluster.client.list(kinds.ConfigMap, { namespace: "default" });
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      ["foreign", "kube-root-ca.crt", "owner"],
    );
  });
});

describe("events", () => {
  test("are forgotten after an hour", async () => {
    await using cluster = await Cluster.open();
    await cluster.client.create(kinds.Pod, pod("a"));
    await cluster.settle();
    assert.equal((await cluster.events("a")).length, 1);
    cluster.clock.advance(3_600_000 + 300_000);
    await cluster.settle();
    assert.deepEqual(await cluster.events("a"), []);
  });
});
