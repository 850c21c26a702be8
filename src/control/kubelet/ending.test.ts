import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kinds, type Pod } from "../../model/index.ts";
import { condition, openKubelet, pod, ready, starting } from "./fixture.ts";

describe("the end of a pod", () => {
  const name = { namespace: "default", name: "web-1" };

  test("a ready pod is told to stop only after its callers had time to learn of it", async () => {
    const { client, clock, kubelet, running, settle, get, last } = await openKubelet();
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

  for (const [name, until] of [
    ["until its last caller has learned of it", 700],
    ["five seconds at most", 5000],
  ] as const) {
    test(`a pod that is still called is waited for, ${name}`, async () => {
      let called = true;
      const { client, clock, running, settle, last } = await openKubelet({ isCalled: () => called });
      await running();
      await client.delete(kinds.Pod, { namespace: "default", name: "web-1" });
      await settle();
      clock.advance(until - 1);
      await settle();
      assert.equal(last()[0]?.deleting, undefined);
      if (until < 5000) called = false;
      clock.advance(50);
      await settle();
      assert.deepEqual(last()[0]?.deleting, { graceSeconds: 30 });
    });
  }

  test("a pod that is not ready is told to stop at once", async () => {
    const { client, kubelet, settle, last } = await openKubelet();
    const made = await client.create(kinds.Pod, pod());
    await settle();
    kubelet.receive({ kind: "pod", uid: made.metadata.uid ?? "", status: starting });
    await settle();
    await client.delete(kinds.Pod, name);
    await settle();
    assert.deepEqual(last()[0]?.deleting, { graceSeconds: 30 });
  });

  test("a pod the agent never heard of is gone at once", async () => {
    const { client, settle, get } = await openKubelet({ strict: true });
    await client.create(kinds.Pod, pod());
    await settle();
    await client.delete(kinds.Pod, name);
    await settle();
    assert.equal(await get(), undefined);
  });

  test("a pod deleted by force is no longer wanted", async () => {
    const { client, running, settle, last } = await openKubelet();
    await running();
    await client.delete(kinds.Pod, name, { gracePeriodSeconds: 0 });
    await settle();
    assert.deepEqual(last(), []);
  });
});

describe("the end of the agent", () => {
  test("no pod is ready any more, and the next agent is told of all", async () => {
    const { kubelet, running, settle, get, last, counts } = await openKubelet();
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

  test("the next agent learns when a pod began and how often its containers have started", async () => {
    const { kubelet, running, settle, last } = await openKubelet();
    const uid = await running();
    const [container] = ready.containerStatuses;
    const containerStatuses = [{ ...container, restartCount: 3, containerID: "weft://web" }];
    kubelet.receive({ kind: "pod", uid, status: { ...ready, containerStatuses } });
    await settle();
    kubelet.agentRestarted();
    await settle();
    const status = (last()[0]?.pod as Pod | undefined)?.status;
    assert.equal(status?.startTime, ready.startTime);
    assert.equal(status?.containerStatuses?.[0]?.restartCount, 3);
    assert.equal(status?.containerStatuses?.[0]?.containerID, "weft://web");
  });

  test("pods that were ending are gone, and those that had ended are not run again", async () => {
    const { client, kubelet, running, settle, get, last } = await openKubelet();
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
    const { client, settle, get } = await openKubelet();
    const status = { phase: "Running" as const, podIP: "10.244.0.9", conditions: [] };
    await client.create(kinds.Pod, { ...pod(), status });
    await settle();
    assert.equal((await get())?.status?.phase, "Pending");
  });
});
