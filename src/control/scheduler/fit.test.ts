import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Node, Pod } from "../../model/index.ts";
import { misfit } from "./fit.ts";

const node: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "weft", labels: { disk: "ssd", cores: "4" } },
};
const fits = (spec: object, on: Node = node) => misfit({ spec: { containers: [], ...spec } } as unknown as Pod, on);
const required = (...matchExpressions: object[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  },
});

describe("a pod fits the node", () => {
  test("when it asks for nothing, for this node, or for labels it has", () => {
    assert.equal(fits({}), undefined);
    assert.equal(fits({ nodeName: "weft", nodeSelector: { disk: "ssd" } }), undefined);
  });

  test("unless it asks for another node or other labels", () => {
    assert.equal(fits({ nodeName: "other" }), "node(s) didn't match the requested node name");
    assert.equal(fits({ nodeSelector: { disk: "tape" } }), "node(s) didn't match Pod's node affinity/selector");
  });

  test("when one term of its affinity holds", () => {
    const holds = (operator: string, key: string, ...values: string[]) =>
      fits(required({ key, operator, values })) === undefined;
    assert.deepEqual(
      [
        holds("In", "disk", "ssd", "tape"),
        holds("NotIn", "disk", "ssd"),
        holds("Exists", "disk"),
        holds("DoesNotExist", "disk"),
        holds("Gt", "cores", "3"),
        holds("Lt", "cores", "3"),
      ],
      [true, false, true, false, true, false],
    );
    assert.notEqual(fits(required()), undefined, "a term that asks for nothing selects nothing");
  });

  test("when it bears the node's taints", () => {
    const tainted: Node = { ...node, spec: { taints: [{ key: "gpu", value: "a", effect: "NoSchedule" }] } };
    assert.equal(fits({}, tainted), "node(s) had untolerated taint {gpu: a}");
    for (const toleration of [{ key: "gpu", value: "a" }, { key: "gpu", operator: "Exists" }, { operator: "Exists" }]) {
      assert.equal(fits({ tolerations: [toleration] }, tainted), undefined);
    }
    assert.notEqual(fits({ tolerations: [{ key: "gpu", value: "b" }] }, tainted), undefined);
    assert.notEqual(fits({ tolerations: [{ key: "gpu", value: "a", effect: "NoExecute" }] }, tainted), undefined);
  });

  test("while the node takes new pods", () => {
    assert.equal(fits({}, { ...node, spec: { unschedulable: true } }), "node(s) were unschedulable");
  });
});
