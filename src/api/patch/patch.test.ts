import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { codeOf } from "../../base/index.ts";
import { jsonPatch } from "./json.ts";
import { mergePatch } from "./merge.ts";
import { type PatchSchema, strategicPatch } from "./strategic.ts";

/** [rule, target, patch, result] */
type Row = readonly [string, unknown, unknown, unknown];

const bad = (code: string) => (error: unknown) => codeOf(error) === code;

describe("a JSON merge patch", () => {
  const rows: readonly Row[] = [
    ["sets and adds fields", { a: 1, b: 2 }, { b: 3, c: 4 }, { a: 1, b: 3, c: 4 }],
    ["null removes", { a: 1, b: 2 }, { a: null, z: null }, { b: 2 }],
    ["merges objects all the way down", { a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
    ["replaces lists whole", { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ["an object in place of a value drops its nulls", { a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
    ["a value replaces an object", { a: { b: 1 } }, { a: "x" }, { a: "x" }],
  ];
  for (const [rule, target, patch, result] of rows) {
    test(rule, () => assert.deepEqual(mergePatch(target, patch), result));
  }
  test("a field named __proto__ is only a field", () => {
    const result = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });
});

describe("a JSON patch", () => {
  const rows: readonly Row[] = [
    ["add puts a field", { a: 1 }, [{ op: "add", path: "/b", value: 2 }], { a: 1, b: 2 }],
    ["add inserts into a list", [1, 3], [{ op: "add", path: "/1", value: 2 }], [1, 2, 3]],
    ["add with - appends", [1], [{ op: "add", path: "/-", value: 2 }], [1, 2]],
    ["remove takes a field and a list element", { a: [1, 2] }, [{ op: "remove", path: "/a/0" }], { a: [2] }],
    ["replace keeps a list's length", [1, 2], [{ op: "replace", path: "/0", value: 9 }], [9, 2]],
    ["move", { a: { b: 1 } }, [{ op: "move", from: "/a/b", path: "/c" }], { a: {}, c: 1 }],
    [
      "copy",
      { a: [1] },
      [
        { op: "copy", from: "/a", path: "/b" },
        { op: "add", path: "/b/-", value: 2 },
      ],
      { a: [1], b: [1, 2] },
    ],
    [
      "~1 and ~0 stand for / and ~",
      { "a/b": 1, "c~d": 2 },
      [
        { op: "remove", path: "/a~1b" },
        { op: "remove", path: "/c~0d" },
      ],
      {},
    ],
    ["an empty path is the whole", { a: 1 }, [{ op: "replace", path: "", value: [] }], []],
    [
      "a test that holds changes nothing",
      { a: { b: 1, c: 2 } },
      [{ op: "test", path: "/a", value: { c: 2, b: 1 } }],
      { a: { b: 1, c: 2 } },
    ],
  ];
  for (const [rule, target, patch, result] of rows) {
    test(rule, () => assert.deepEqual(jsonPatch(target, patch), result));
  }
  test("what fails changes nothing and says so", () => {
    const target = { list: [1], a: { b: 1 } };
    for (const operation of [
      { op: "test", path: "/a/b", value: 2 },
      { op: "remove", path: "/missing" },
      { op: "replace", path: "/missing", value: 1 },
      { op: "add", path: "/list/2", value: 1 },
      { op: "remove", path: "/list/-" },
      { op: "add", path: "/a/b/c", value: 1 },
      { op: "move", from: "/a", path: "/a/c" },
    ]) {
      assert.throws(() => jsonPatch(target, [{ op: "add", path: "/a/new", value: 1 }, operation]), bad("patch-failed"));
    }
    for (const patch of [
      {},
      [{ op: "sing", path: "/a" }],
      [{ op: "add", path: "a", value: 1 }],
      [{ op: "add", path: "/a" }],
    ]) {
      assert.throws(() => jsonPatch(target, patch), bad("patch-invalid"));
    }
    assert.deepEqual(target, { list: [1], a: { b: 1 } });
  });
});

describe("a strategic merge patch", () => {
  const schema: PatchSchema = {
    properties: {
      spec: {
        properties: {
          containers: {
            "x-kubernetes-patch-merge-key": "name",
            "x-kubernetes-patch-strategy": "merge",
            items: {
              properties: {
                env: { "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge", items: {} },
                args: { items: {} },
              },
            },
          },
          finalizers: { "x-kubernetes-patch-strategy": "merge", items: {} },
          strategy: { "x-kubernetes-patch-strategy": "retainKeys", properties: { type: {} } },
        },
      },
    },
  };
  const containers = (...list: unknown[]) => ({ spec: { containers: list } });
  const [a, b, c] = [
    { name: "a", image: "1" },
    { name: "b", image: "1" },
    { name: "c", image: "1" },
  ] as const;
  const rows: readonly Row[] = [
    [
      "merges list elements by their key",
      containers(a, b),
      containers({ name: "b", image: "2" }),
      containers(a, { name: "b", image: "2" }),
    ],
    ["adds an element with a new key", containers(a), containers(b), containers(a, b)],
    [
      "keeps fields it does not name",
      containers({ ...a, args: ["x"] }),
      containers({ name: "a", image: "2" }),
      containers({ name: "a", image: "2", args: ["x"] }),
    ],
    [
      "$patch: delete takes an element out",
      containers(a, b),
      containers({ name: "a", $patch: "delete" }),
      containers(b),
    ],
    [
      "$patch: replace in a list drops the others",
      containers(a, b),
      containers({ $patch: "replace" }, c),
      containers(c),
    ],
    [
      "$patch: replace in an object drops its other fields",
      { spec: { x: 1, y: 2 } },
      { spec: { $patch: "replace", y: 3 } },
      { spec: { y: 3 } },
    ],
    ["$patch: delete empties an object", { spec: { x: 1 } }, { spec: { $patch: "delete" } }, { spec: {} }],
    [
      "lists without a merge key are replaced",
      containers({ ...a, args: ["x", "y"] }),
      containers({ name: "a", args: ["z"] }),
      containers({ ...a, args: ["z"] }),
    ],
    [
      "merges lists inside list elements",
      containers({ name: "a", env: [{ name: "X", value: "1" }] }),
      containers({ name: "a", env: [{ name: "Y", value: "2" }] }),
      containers({
        name: "a",
        env: [
          { name: "X", value: "1" },
          { name: "Y", value: "2" },
        ],
      }),
    ],
    [
      "sets are united",
      { spec: { finalizers: ["x"] } },
      { spec: { finalizers: ["x", "y"] } },
      { spec: { finalizers: ["x", "y"] } },
    ],
    [
      "$deleteFromPrimitiveList takes values out of a set",
      { spec: { finalizers: ["x", "y"] } },
      { spec: { "$deleteFromPrimitiveList/finalizers": ["x"] } },
      { spec: { finalizers: ["y"] } },
    ],
    [
      "$setElementOrder orders what was merged",
      containers(a, b),
      { spec: { "$setElementOrder/containers": [{ name: "c" }, { name: "b" }, { name: "a" }], containers: [c] } },
      containers(c, b, a),
    ],
    [
      "$setElementOrder leaves what only the server has where it was",
      containers(a, { name: "sidecar" }, b),
      {
        spec: {
          "$setElementOrder/containers": [{ name: "a" }, { name: "b" }],
          containers: [{ name: "b", image: "2" }],
        },
      },
      containers(a, { name: "sidecar" }, { name: "b", image: "2" }),
    ],
    [
      "$setElementOrder orders sets",
      { spec: { finalizers: ["x", "y"] } },
      { spec: { "$setElementOrder/finalizers": ["z", "y", "x"], finalizers: ["z"] } },
      { spec: { finalizers: ["z", "y", "x"] } },
    ],
    [
      "$retainKeys drops the fields it does not name",
      { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } },
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
      { spec: { strategy: { type: "Recreate" } } },
    ],
    [
      "null removes a field, and is not kept in what is new",
      { spec: { x: 1 } },
      { spec: { x: null, strategy: { type: null } } },
      { spec: { strategy: {} } },
    ],
    [
      "fields no schema knows are merged as objects",
      { data: { a: { b: 1 } } },
      { data: { a: { c: 2 } } },
      { data: { a: { b: 1, c: 2 } } },
    ],
  ];
  for (const [rule, target, patch, result] of rows) {
    test(rule, () => {
      const before = structuredClone(target);
      assert.deepEqual(strategicPatch(target, patch, schema), result);
      assert.deepEqual(target, before);
    });
  }
  test("an element without its key and an unknown directive are refused", () => {
    assert.throws(() => strategicPatch(containers(a), containers({ image: "2" }), schema), bad("patch-invalid"));
    assert.throws(() => strategicPatch({}, { spec: { $patch: "sing" } }, schema), bad("patch-invalid"));
    assert.throws(
      () => strategicPatch({}, { spec: { "$setElementOrder/containers": 1, containers: [] } }, schema),
      bad("patch-invalid"),
    );
  });
});

describe("patches that would take all there is", () => {
  test("a JSON patch cannot double a document without end", () => {
    const doubling = Array.from({ length: 30 }, (_, count) => ({ op: "copy", from: "", path: `/${count}` }));
    assert.throws(() => jsonPatch({ text: "x".repeat(1000) }, doubling), bad("patch-invalid"));
  });

  test("long lists are ordered in little time, and too long ones refused", () => {
    const schema: PatchSchema = {
      properties: { l: { "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge" } },
    };
    const names = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `n${index}` }));
    const order = names(20_000).toReversed();
    const ordered = strategicPatch({ l: names(20_000) }, { l: [{ name: "n0" }], "$setElementOrder/l": order }, schema);
    assert.deepEqual(ordered, { l: order });
    assert.throws(() => strategicPatch({}, { l: names(20_000) }, schema), bad("patch-invalid"));
  });
});
