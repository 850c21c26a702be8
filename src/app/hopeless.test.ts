import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ContainerStatus, KubeObject, Pod } from "../model/index.ts";
import { hopeless } from "./hopeless.ts";
import type { Summary } from "./options.ts";

const since = Date.UTC(2026, 0, 2);
const web: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace: "default" } };
const workload = { kind: "Pod", namespace: "default", name: "web", ready: 0, desired: 1, reasons: ["it keeps ending"] };
const summary = { workloads: [workload] } as unknown as Summary;

/** What is said of a pod with one container like this. */
function fault(status: Partial<ContainerStatus>, late = false, given = [web], restartsBefore = 0): string | undefined {
  const container: ContainerStatus = {
    name: "main",
    ready: false,
    restartCount: 0,
    image: "x",
    imageID: "",
    ...status,
  };
  const pod = { ...web, metadata: { ...web.metadata, uid: "u" }, spec: {}, status: { containerStatuses: [container] } };
  const before = { since, restarts: new Map([["u main", restartsBefore]]) };
  return hopeless(summary, [pod as unknown as Pod], given, late, before)?.message;
}

const crash = (restartCount: number, at = since): Partial<ContainerStatus> => ({
  restartCount,
  state: { waiting: { reason: "CrashLoopBackOff" } },
  lastState: { terminated: { exitCode: 1, reason: "Error", finishedAt: new Date(at).toISOString() } },
});

describe("there is no hope for", () => {
  test("an image nobody knows, at once", () => {
    assert.match(fault({ state: { waiting: { reason: "ImageUnknown" } } }) ?? "", /^pod web cannot start: it keeps/);
  });

  test("a program that ended three times, or once when patience is over", () => {
    assert.equal(fault(crash(2)), undefined);
    assert.ok(fault(crash(3)));
    assert.ok(fault(crash(1), true));
  });
});

describe("there is hope for", () => {
  test("what waits, and what nobody gave now", () => {
    assert.equal(fault({ state: { waiting: { reason: "ContainerCreating" } } }, true), undefined);
    assert.equal(fault(crash(9), true, []), undefined);
  });

  test("what failed only before this start", () => {
    assert.equal(fault(crash(9, since - 60_000), true), undefined);
    assert.equal(fault(crash(9), false, [web], 8), undefined);
    const lastState = { terminated: { exitCode: 128, reason: "StartError", finishedAt: "2026-01-01T00:00:00Z" } };
    assert.equal(fault({ state: { waiting: { reason: "ContainerCreating" } }, lastState }), undefined);
  });
});
