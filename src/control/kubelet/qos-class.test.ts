import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "../../model/index.ts";
import { qosClassOf } from "./qos-class.ts";

test("a pod is guaranteed what all its containers are limited to, and burstable when it asks for less", () => {
  const classOf = (...resources: Pod["spec"]["containers"][number]["resources"][]) =>
    qosClassOf({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {},
      spec: { containers: resources.map((each = {}, n) => ({ name: `c${n}`, resources: each })) },
    });
  const limits = { cpu: "500m", memory: "1Gi" };
  assert.equal(classOf({}), "BestEffort");
  assert.equal(classOf({ limits }), "Guaranteed");
  assert.equal(classOf({ limits, requests: { cpu: 0.5, memory: "1024Mi" } }), "Guaranteed");
  assert.equal(classOf({ limits, requests: { cpu: "100m" } }), "Burstable");
  assert.equal(classOf({ limits }, {}), "Burstable");
});
