import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "../../model/index.ts";
import { victims } from "./victims.ts";

interface Traits {
  readonly node?: string;
  readonly phase?: "Pending" | "Running";
  readonly readySince?: string;
  readonly cost?: string;
  readonly restarts?: number;
  readonly created?: string;
}

function pod(name: string, traits: Traits = {}): Pod {
  const { node = "weft", phase = "Running", readySince = "2024-01-01T00:00:00Z", cost, restarts = 0, created } = traits;
  const ready = readySince === "" ? "False" : "True";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      creationTimestamp: created ?? "2024-01-01T00:00:00Z",
      ...(cost !== undefined && { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
    },
    spec: { containers: [], nodeName: node },
    status: {
      phase,
      conditions: [{ type: "Ready", status: ready, lastTransitionTime: readySince }],
      containerStatuses: [{ name: "web", ready: true, restartCount: restarts, image: "", imageID: "" }],
    },
  };
}

const first = (...pods: Pod[]) => victims(pods, 1)[0]?.metadata.name;

describe("the pods that go first", () => {
  const cases: readonly [string, Traits][] = [
    ["have no node", { node: "" }],
    ["do not run yet", { phase: "Pending" }],
    ["are not ready", { readySince: "" }],
    ["cost less to delete", { cost: "-1" }],
    ["became ready last", { readySince: "2024-01-01T00:05:00Z" }],
    ["restarted more often", { restarts: 3 }],
    ["are younger", { created: "2024-01-01T00:05:00Z" }],
  ];
  for (const [rule, traits] of cases) {
    test(rule, () => {
      assert.equal(first(pod("a"), pod("b", traits), pod("c")), "b");
    });
  }

  test("an earlier rule outweighs all later ones", () => {
    for (const [index, [, traits]] of cases.entries()) {
      const later = Object.assign({}, ...cases.slice(index + 1).map(([, other]) => other)) as Traits;
      assert.equal(first(pod("a", later), pod("b", traits)), "b", String(index));
    }
  });

  test("are as many as there are too many", () => {
    const pods = [pod("a"), pod("b", { node: "" }), pod("c", { readySince: "" })];
    assert.deepEqual(
      victims(pods, 2).map(({ metadata }) => metadata.name),
      ["b", "c"],
    );
  });
});
