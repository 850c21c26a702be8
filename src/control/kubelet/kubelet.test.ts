import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kinds } from "../../model/index.ts";
import { condition, openKubelet, pod, ready, starting } from "./fixture.ts";

describe("orders", () => {
  test("the agent is told of pods bound to its node, together and once", async () => {
    const { client, settle, last, counts } = await openKubelet();
    const elsewhere = pod({ nodeName: "other" });
    const one = pod();
    const two = { ...pod(), metadata: { name: "web-2", namespace: "default" } };
    await Promise.all([
      client.create(kinds.Pod, one),
      client.create(kinds.Pod, two),
      client.create(kinds.Pod, { ...elsewhere, metadata: { name: "far", namespace: "default" } }),
    ]);
    await settle();
    assert.deepEqual(
      last().map((order) => order.pod.metadata.name),
      ["web-1", "web-2"],
    );
    assert.equal(counts().commands, 1);
  });

  test("a status does not make orders anew", async () => {
    const { running, counts } = await openKubelet();
    await running();
    assert.equal(counts().commands, 1);
  });

  test("a change of a ConfigMap the pod refers to reaches its order; others do not", async () => {
    const { client, settle, last, counts } = await openKubelet();
    await client.create(kinds.Pod, pod());
    await settle();
    const map = (name: string) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "default" },
      data: { COLOUR: "blue" },
    });
    await client.create(kinds.ConfigMap, map("unrelated"));
    await settle();
    assert.equal(counts().commands, 1);
    await client.create(kinds.ConfigMap, map("settings"));
    await settle();
    assert.equal(counts().commands, 2);
    assert.deepEqual(last()[0]?.containers[0]?.env, { COLOUR: "blue" });
  });

  test("an order that cannot be made is told in the pod's status and tried again", async () => {
    const { client, clock, settle, get, last } = await openKubelet({ strict: true });
    await client.create(kinds.Pod, pod());
    await settle();
    const waiting = (await get())?.status?.containerStatuses?.[0]?.state?.waiting;
    assert.deepEqual(waiting, { reason: "CreateContainerConfigError", message: "no settings" });
    assert.deepEqual(last(), []);
    await client.create(kinds.ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: "default" },
    });
    clock.advance(2000);
    await settle();
    assert.equal(last().length, 1);
  });
});

describe("reports", () => {
  test("what the agent reports becomes the pod's status", async () => {
    const { running, get } = await openKubelet();
    await running();
    const { status } = (await get()) ?? {};
    assert.equal(status?.phase, "Running");
    assert.deepEqual(status?.podIPs, [{ ip: "10.244.0.1" }]);
    assert.equal(status?.qosClass, "BestEffort");
    assert.deepEqual(
      status?.conditions?.map(({ type, status }) => `${type}=${status}`),
      ["PodReadyToStartContainers=True", "Initialized=True", "Ready=True", "ContainersReady=True", "PodScheduled=True"],
    );
  });

  test("the time of a condition is the time its status changed", async () => {
    const { clock, kubelet, running, settle, get } = await openKubelet();
    const uid = await running();
    clock.advance(5000);
    kubelet.receive({ kind: "pod", uid, status: { ...ready, phase: "Running", ready: false } });
    await settle();
    const found = await get();
    assert.equal(condition(found, "Ready")?.lastTransitionTime, "2024-01-01T00:00:05Z");
    assert.equal(condition(found, "Initialized")?.lastTransitionTime, "2024-01-01T00:00:00Z");
  });

  test("reports of one turn are one write, the latest wins, and the same again is none", async () => {
    const { client, kubelet, settle, get, counts } = await openKubelet();
    const made = await client.create(kinds.Pod, pod());
    const uid = made.metadata.uid ?? "";
    await settle();
    kubelet.receive({ kind: "pod", uid, status: starting });
    kubelet.receive({ kind: "pod", uid, status: ready });
    await settle();
    kubelet.receive({ kind: "pod", uid, status: ready });
    await settle();
    assert.equal((await get())?.status?.phase, "Running");
    assert.equal(counts().statusWrites, 1);
  });

  test("a write that came too late is made on the fresh object, and keeps what others wrote", async () => {
    const { client, kubelet, settle, get } = await openKubelet();
    const made = await client.create(kinds.Pod, pod());
    const uid = made.metadata.uid ?? "";
    await settle();
    const replaceStatus = client.replaceStatus.bind(client);
    const conditions = [{ type: "example.com/gate", status: "True" as const }];
    client.replaceStatus = async (kind, object) => {
      client.replaceStatus = replaceStatus;
      await replaceStatus(kinds.Pod, { ...made, status: { phase: "Pending", conditions } });
      return replaceStatus(kind, object);
    };
    kubelet.receive({ kind: "pod", uid, status: ready });
    await settle();
    const found = await get();
    assert.equal(condition(found, "Ready")?.status, "True");
    assert.equal(condition(found, "example.com/gate")?.status, "True");
  });

  test("a pod with a readiness gate is ready when the gate's condition holds", async () => {
    const { client, kubelet, settle, get } = await openKubelet();
    const gates = { readinessGates: [{ conditionType: "gate" }] };
    const made = await client.create(kinds.Pod, pod(gates));
    await settle();
    kubelet.receive({ kind: "pod", uid: made.metadata.uid ?? "", status: ready });
    await settle();
    const closed = await get();
    assert.equal(condition(closed, "Ready")?.reason, "ReadinessGatesNotReady");
    assert.ok(closed);
    const conditions = [...(closed.status?.conditions ?? []), { type: "gate", status: "True" as const }];
    await client.replaceStatus(kinds.Pod, { ...closed, status: { ...closed.status, conditions } });
    await settle();
    assert.equal(condition(await get(), "Ready")?.status, "True");
  });

  test("events of the agent are events of the pod", async () => {
    const { client, kubelet, running, settle } = await openKubelet();
    const uid = await running();
    kubelet.receive({ kind: "event", uid, type: "Warning", reason: "Unhealthy", message: "probe failed" });
    await settle();
    const { items } = await client.list(kinds.Event);
    assert.deepEqual(
      items.map(({ reason, involvedObject }) => [reason, involvedObject.name]),
      [["Unhealthy", "web-1"]],
    );
  });

  test("the real addresses of pods are known from their first report to their end", async () => {
    const { client, kubelet, running, settle, counts } = await openKubelet();
    await running();
    assert.deepEqual([...kubelet.realIPs], [["10.244.0.1", "10.245.0.1"]]);
    assert.equal(counts().addressChanges, 1);
    await client.delete(kinds.Pod, { namespace: "default", name: "web-1" }, { gracePeriodSeconds: 0 });
    await settle();
    assert.equal(kubelet.realIPs.size, 0);
  });
});
