import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../base/index.ts";
import { kinds, type Pod } from "../model/index.ts";
import type { Client } from "../store/index.ts";
import { EventRecorder } from "./event.ts";
import { memoryClient } from "./memory-client.ts";
import { World } from "./world.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "default", uid: "1" },
  spec: { containers: [] },
};

describe("the event recorder", () => {
  test("counts the same happening again in one Event", async () => {
    const clock = new ManualClock();
    const client = memoryClient(clock);
    const recorder = new EventRecorder(new World({ client, clock }), "kubelet");
    recorder.event(pod, "Warning", "BackOff", "Back-off restarting failed container");
    clock.advance(60_000);
    recorder.event(pod, "Warning", "BackOff", "Back-off restarting failed container");
    recorder.event(pod, "Normal", "Pulled", "Image is there", "spec.containers{web}");
    await recorder.settled();
    const { items } = await client.list(kinds.Event);
    const again = items.find(({ reason }) => reason === "BackOff");
    assert.equal(items.length, 2);
    assert.deepEqual(
      [again?.count, again?.firstTimestamp, again?.lastTimestamp, again?.source?.component],
      [2, "2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z", "kubelet"],
    );
    const pulled = items.find(({ reason }) => reason === "Pulled");
    assert.deepEqual(pulled?.involvedObject, {
      apiVersion: "v1",
      kind: "Pod",
      name: "a",
      namespace: "default",
      uid: "1",
      fieldPath: "spec.containers{web}",
    });
  });

  test("never throws", async () => {
    const clock = new ManualClock();
    const refusing: Client = { ...memoryClient(clock), create: () => Promise.reject(new Error("no")) };
    const recorder = new EventRecorder(new World({ client: refusing, clock }), "kubelet");
    recorder.event(pod, "Normal", "Started", "Started container web");
    await recorder.settled();
  });
});
