import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ContainerStatus, Deployment, Event, Pod, PodStatus } from "../model/index.ts";
import { whyNotReady } from "./readiness.ts";

const deployment: Deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: { selector: { matchLabels: { app: "web" } }, template: {} },
};

function pod(name: string, status: PodStatus, metadata: Pod["metadata"] = {}): Pod {
  const spec = { nodeName: "weft", containers: [{ name: "web" }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, uid: name, ...metadata }, spec, status };
}

const web = (fields: Partial<ContainerStatus>): PodStatus => ({
  phase: "Running",
  containerStatuses: [{ name: "web", ready: false, restartCount: 0, image: "", imageID: "", ...fields }],
});

const why = (...pods: Pod[]) => whyNotReady(deployment, pods);

describe("why a workload is not ready", () => {
  test("a container that keeps ending is told with its exit code and last words", () => {
    const status = web({
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
      lastState: { terminated: { exitCode: 1, reason: "Error", message: "at main\nError: no config\n" } },
    });
    assert.deepEqual(why(pod("a", status)), [
      "pod a: container web keeps ending, with exit code 1; its last words: Error: no config",
    ]);
  });

  test("of a pod alone nobody needs its name", () => {
    const alone = pod("a", web({ state: { terminated: { exitCode: 2 } } }));
    assert.deepEqual(whyNotReady(alone, [alone]), ["container web ended with exit code 2"]);
  });

  test("what many pods share is said once", () => {
    const status = web({ state: { waiting: { reason: "ErrImagePull", message: "no such image" } } });
    assert.deepEqual(why(pod("a", status), pod("b", status)), [
      "2 pods, such as a: container web cannot start: ErrImagePull: no such image",
    ]);
  });

  test("a pod without a node is told with the scheduler's words", () => {
    const conditions = [{ type: "PodScheduled", status: "False" as const, message: "0/1 nodes are available" }];
    assert.deepEqual(why(pod("a", { phase: "Pending", conditions })), [
      "pod a: no node takes it: 0/1 nodes are available",
    ]);
  });

  test("a container that runs but is not ready is told with what its probe said last", () => {
    const event = (message: string, lastTimestamp: string): Event => ({
      apiVersion: "v1",
      kind: "Event",
      metadata: {},
      involvedObject: { uid: "a" },
      type: "Warning",
      reason: "Unhealthy",
      message,
      lastTimestamp,
    });
    const events = [
      event("Readiness probe failed: status 503", "2024-01-01T00:00:02Z"),
      event("Readiness probe failed: refused", "2024-01-01T00:00:01Z"),
    ];
    assert.deepEqual(whyNotReady(deployment, [pod("a", web({ started: true, state: { running: {} } }))], events), [
      "pod a: container web runs but is not ready: Readiness probe failed: status 503",
    ]);
  });

  test("an init container that fails is the only reason", () => {
    const failed = { terminated: { exitCode: 137, signal: 9, reason: "OOMKilled" } };
    const status = {
      ...web({ state: { waiting: { reason: "PodInitializing" } } }),
      initContainerStatuses: [{ name: "init", ready: false, restartCount: 0, image: "", imageID: "", state: failed }],
    };
    assert.deepEqual(why(pod("a", status)), ["pod a: init container init ended with signal 9 (OOMKilled)"]);
  });

  test("pods that are ready, have done their work or are ending are no reason", () => {
    const isReady = { conditions: [{ type: "Ready", status: "True" as const }] };
    const ending = { deletionTimestamp: "2024-01-01T00:00:00Z" };
    assert.deepEqual(
      why(pod("a", isReady), pod("b", { phase: "Succeeded" }), pod("c", { phase: "Running" }, ending)),
      [],
    );
  });

  test("without pods, what keeps them from being made is told", () => {
    const condition = { type: "ReplicaFailure", status: "True" as const, message: "pods is forbidden" };
    assert.deepEqual(whyNotReady({ ...deployment, status: { conditions: [condition] } }, []), [
      "pods cannot be made: pods is forbidden",
    ]);
    assert.deepEqual(why(), ["its pods are being made"]);
  });
});
