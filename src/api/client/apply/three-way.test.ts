import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kinds } from "../../../model/index.ts";
import { annotated, lastApplied } from "./last-applied.ts";
import { type MergeSchema, threeWay } from "./three-way.ts";

const schema: MergeSchema = {
  properties: {
    containers: {
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name",
      items: { properties: { args: {} } },
    },
    volumes: { "x-kubernetes-patch-strategy": "merge,retainKeys", "x-kubernetes-patch-merge-key": "name" },
    finalizers: { "x-kubernetes-patch-strategy": "merge" },
    strategy: { "x-kubernetes-patch-strategy": "retainKeys" },
  },
};

const rules: readonly (readonly [rule: string, live: unknown, before: unknown, wanted: unknown, result: unknown])[] = [
  ["what others set stays", { a: 1, theirs: 2 }, { a: 1 }, { a: 1 }, { a: 1, theirs: 2 }],
  ["what was applied before and is wanted no more goes", { a: 1, b: 2 }, { a: 1, b: 2 }, { a: 1 }, { a: 1 }],
  ["what is wanted wins", { a: 1 }, { a: 2 }, { a: 3 }, { a: 3 }],
  ["null takes away", { a: 1, b: 2 }, undefined, { a: null }, { b: 2 }],
  ["a list without a key is replaced", { args: [1, 2] }, { args: [1] }, { args: [3] }, { args: [3] }],
  [
    "elements of a list are merged by their key",
    { containers: [{ name: "a", image: "x:1", port: 1 }, { name: "injected" }] },
    { containers: [{ name: "a", image: "x:1" }] },
    { containers: [{ name: "a", image: "x:2" }] },
    { containers: [{ name: "a", image: "x:2", port: 1 }, { name: "injected" }] },
  ],
  [
    "elements that are wanted no more go",
    { containers: [{ name: "a" }, { name: "b" }] },
    { containers: [{ name: "a" }, { name: "b" }] },
    { containers: [{ name: "b" }] },
    { containers: [{ name: "b" }] },
  ],
  [
    "sets keep what others added",
    { finalizers: ["theirs", "ours", "old"] },
    { finalizers: ["ours", "old"] },
    { finalizers: ["ours", "new"] },
    { finalizers: ["ours", "new", "theirs"] },
  ],
  [
    "in a union one choice drives out the other",
    { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    { strategy: { type: "RollingUpdate" } },
    { strategy: { type: "Recreate" } },
    { strategy: { type: "Recreate" } },
  ],
  [
    "in a union that did not change, details of others stay",
    { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
    { strategy: { type: "RollingUpdate" } },
    { strategy: { type: "RollingUpdate" } },
    { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
  ],
  [
    "an element of a list of unions too",
    { volumes: [{ name: "v", emptyDir: {} }] },
    undefined,
    { volumes: [{ name: "v", configMap: { name: "c" } }] },
    { volumes: [{ name: "v", configMap: { name: "c" } }] },
  ],
];

describe("three-way merge", () => {
  for (const [rule, live, before, wanted, result] of rules) {
    test(rule, () => assert.deepEqual(threeWay({ live, before, wanted }, schema), result));
  }

  test("the schemas of the kinds say how", () => {
    const pod = (...containers: object[]) => ({ spec: { template: { spec: { containers } } } });
    const live = pod({ name: "a", image: "x:1", imagePullPolicy: "Always" });
    const wanted = pod({ name: "a", image: "x:2" });
    const result = threeWay({ live, before: undefined, wanted }, kinds.Deployment.schema);
    assert.deepEqual(result, pod({ name: "a", image: "x:2", imagePullPolicy: "Always" }));
  });

  test("a key called __proto__ is a key", () => {
    const wanted: unknown = JSON.parse('{"data":{"__proto__":"x"}}');
    const result = threeWay({ live: { data: {} }, before: undefined, wanted }, undefined);
    assert.equal(JSON.stringify(result), '{"data":{"__proto__":"x"}}');
  });
});

describe("the last applied configuration", () => {
  const object = {
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { name: "a", namespace: "default" },
    data: { b: "<&>" },
  };
  const key = "kubectl.kubernetes.io/last-applied-configuration";

  test("is written byte for byte as kubectl writes it", () => {
    const text =
      '{"apiVersion":"v1","data":{"b":"\\u003c\\u0026\\u003e"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"a","namespace":"default"}}\n';
    const made = annotated(object, undefined);
    assert.equal(made.metadata.annotations?.[key], text);
    assert.deepEqual(lastApplied(made), { data: object.data, metadata: { ...object.metadata, annotations: {} } });
  });

  test("keeps the words of the live object when they say the same", () => {
    const words = JSON.stringify({ ...object, metadata: { ...object.metadata, annotations: {} } });
    const live = { ...object, metadata: { ...object.metadata, annotations: { [key]: words } } };
    assert.equal(annotated(object, live).metadata.annotations?.[key], words);
  });

  test("that cannot be read counts as none", () => {
    const live = { ...object, metadata: { ...object.metadata, annotations: { [key]: "{" } } };
    assert.equal(lastApplied(live), undefined);
  });
});
