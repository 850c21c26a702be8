import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { kinds, type Pod } from "../../model/index.ts";
import type { AgentCommand, PodOrder, PodReport } from "../../runtime/index.ts";
import { EventRecorder } from "../event.ts";
import { memoryClient } from "../memory-client.ts";
import { World } from "../world.ts";
import { Kubelet, orderInputs } from "./index.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A kubelet whose orders have as environment the data of the ConfigMap `settings`, and which fails without it where asked to. */
async function open({ strict = false } = {}) {
  const clock = new ManualClock();
  const client = memoryClient(clock);
  const world = new World({ client, clock });
  const events = new EventRecorder(world, "kubelet");
  const commands: (readonly PodOrder[])[] = [];
  let statusWrites = 0;
  let addressChanges = 0;
  const replaceStatus = client.replaceStatus.bind(client);
  client.replaceStatus = (kind, object) => {
    statusWrites += 1;
    return replaceStatus(kind, object);
  };
  const kubelet = new Kubelet({
    world,
    events,
    send: (command: AgentCommand) => {
      if (command.kind === "pods") commands.push(command.orders);
    },
    resolve: async (pod) => {
      const settings = orderInputs(world, pod).configMaps.find(({ metadata }) => metadata.name === "settings");
      if (strict && !settings) throw new Error("no settings");
      const container = { name: "web", argv: ["web"], env: settings?.data ?? {} };
      return { pod, containers: [container], initContainers: [], volumes: {} };
    },
    onAddresses: () => (addressChanges += 1),
  });
  closers.push(
    () => kubelet.close(),
    () => world.close(),
  );
  await world.synced();
  const settle = async () => {
    await turn();
    await kubelet.idle();
    await events.settled();
    await turn();
    await kubelet.idle();
  };
  const get = (name = "web-1") => client.get(kinds.Pod, { namespace: "default", name });
  const running = async () => {
    const made = await client.create(kinds.Pod, pod());
    const uid = made.metadata.uid ?? "";
    await settle();
    kubelet.receive({ kind: "pod", uid, status: ready });
    await settle();
    return uid;
  };
  const last = () => commands.at(-1) ?? [];
  const counts = () => ({ statusWrites, addressChanges, commands: commands.length });
  return { clock, client, kubelet, settle, get, running, last, counts };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function pod(spec: Partial<Pod["spec"]> = {}): Pod {
  const containers = [{ name: "web", envFrom: [{ configMapRef: { name: "settings" } }] }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "default" },
    spec: { nodeName: "weft", containers, ...spec },
  };
}

const starting: PodReport = {
  phase: "Pending",
  ready: false,
  initialized: true,
  podIP: "10.244.0.1",
  realIP: "10.245.0.1",
  hostIP: "10.245.255.1",
  startTime: "2024-01-01T00:00:00Z",
  containerStatuses: [
    { name: "web", ready: false, image: "", imageID: "", restartCount: 0, state: { waiting: { reason: "Creating" } } },
  ],
  initContainerStatuses: [],
};
const ready: PodReport = {
  ...starting,
  phase: "Running",
  ready: true,
  containerStatuses: [{ name: "web", ready: true, image: "", imageID: "", restartCount: 0, state: { running: {} } }],
};

const condition = (pod: Pod | undefined, type: string) =>
  pod?.status?.conditions?.find((condition) => condition.type === type);

describe("orders", () => {
  test("the agent is told of pods bound to its node, together and once", async () => {
    const { client, settle, last, counts } = await open();
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
    const { running, counts } = await open();
    await running();
    assert.equal(counts().commands, 1);
  });

  test("a change of a ConfigMap the pod refers to reaches its order; others do not", async () => {
    const { client, settle, last, counts } = await open();
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
    const { client, clock, settle, get, last } = await open({ strict: true });
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
    const { running, get } = await open();
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
    const { clock, kubelet, running, settle, get } = await open();
    const uid = await running();
    clock.advance(5000);
    kubelet.receive({ kind: "pod", uid, status: { ...ready, phase: "Running", ready: false } });
    await settle();
    const found = await get();
    assert.equal(condition(found, "Ready")?.lastTransitionTime, "2024-01-01T00:00:05Z");
    assert.equal(condition(found, "Initialized")?.lastTransitionTime, "2024-01-01T00:00:00Z");
  });

  test("reports of one turn are one write, the latest wins, and the same again is none", async () => {
    const { client, kubelet, settle, get, counts } = await open();
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
    const { client, kubelet, settle, get } = await open();
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
    const { client, kubelet, settle, get } = await open();
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
    const { client, kubelet, running, settle } = await open();
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
    const { client, kubelet, running, settle, counts } = await open();
    await running();
    assert.deepEqual([...kubelet.realIPs], [["10.244.0.1", "10.245.0.1"]]);
    assert.equal(counts().addressChanges, 1);
    await client.delete(kinds.Pod, { namespace: "default", name: "web-1" }, { gracePeriodSeconds: 0 });
    await settle();
    assert.equal(kubelet.realIPs.size, 0);
  });
});

describe("the end of a pod", () => {
  const name = { namespace: "default", name: "web-1" };

  test("a ready pod is told to stop only after its callers had time to learn of it", async () => {
    const { client, clock, kubelet, running, settle, get, last } = await open();
    const uid = await running();
    await client.delete(kinds.Pod, name, { gracePeriodSeconds: 7 });
    await settle();
    clock.advance(299);
    await settle();
    assert.equal(last()[0]?.deleting, undefined);
    clock.advance(1);
    await settle();
    assert.deepEqual(last()[0]?.deleting, { graceSeconds: 7 });
    kubelet.receive({ kind: "removed", uid });
    await settle();
    assert.equal(await get(), undefined);
    assert.deepEqual(last(), []);
  });

  test("a pod that is not ready is told to stop at once", async () => {
    const { client, kubelet, settle, last } = await open();
    const made = await client.create(kinds.Pod, pod());
    await settle();
    kubelet.receive({ kind: "pod", uid: made.metadata.uid ?? "", status: starting });
    await settle();
    await client.delete(kinds.Pod, name);
    await settle();
    assert.deepEqual(last()[0]?.deleting, { graceSeconds: 30 });
  });

  test("a pod the agent never heard of is gone at once", async () => {
    const { client, settle, get } = await open({ strict: true });
    await client.create(kinds.Pod, pod());
    await settle();
    await client.delete(kinds.Pod, name);
    await settle();
    assert.equal(await get(), undefined);
  });

  test("a pod deleted by force is no longer wanted", async () => {
    const { client, running, settle, last } = await open();
    await running();
    await client.delete(kinds.Pod, name, { gracePeriodSeconds: 0 });
    await settle();
    assert.deepEqual(last(), []);
  });
});

describe("the end of the agent", () => {
  test("no pod is ready any more, and the next agent is told of all", async () => {
    const { kubelet, running, settle, get, last, counts } = await open();
    await running();
    kubelet.agentRestarted();
    await settle();
    const found = await get();
    assert.equal(found?.status?.phase, "Pending");
    assert.equal(found?.status?.podIP, undefined);
    assert.equal(condition(found, "Ready")?.status, "False");
    assert.equal(kubelet.realIPs.size, 0);
    assert.equal(last().length, 1);
    assert.equal(counts().commands, 2);
  });

  test("pods that were ending are gone, and those that had ended are not run again", async () => {
    const { client, kubelet, running, settle, get, last } = await open();
    await running();
    const job = await client.create(kinds.Pod, { ...pod(), metadata: { name: "job", namespace: "default" } });
    await settle();
    kubelet.receive({ kind: "pod", uid: job.metadata.uid ?? "", status: { ...starting, phase: "Succeeded" } });
    await client.delete(kinds.Pod, { namespace: "default", name: "web-1" });
    await settle();
    kubelet.agentRestarted();
    await settle();
    assert.equal(await get("web-1"), undefined);
    assert.equal((await get("job"))?.status?.phase, "Succeeded");
    assert.deepEqual(last(), []);
  });

  test("what an earlier run of the control plane left as running is not believed", async () => {
    const { client, settle, get } = await open();
    const status = { phase: "Running" as const, podIP: "10.244.0.9", conditions: [] };
    await client.create(kinds.Pod, { ...pod(), status });
    await settle();
    assert.equal((await get())?.status?.phase, "Pending");
  });
});
