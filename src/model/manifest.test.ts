import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findingText } from "./finding.ts";
import { readManifests } from "./manifest.ts";
import { validate } from "./validate.ts";

function read(text: string, file = "a.yaml") {
  const { objects, findings } = readManifests(text, file);
  return { names: objects.map(({ object }) => object.metadata.name), told: findings.map(findingText) };
}

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

describe("reading manifests", () => {
  test("documents are told apart, empty ones skipped, Lists flattened", () => {
    const list = "apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: Secret, metadata: {name: b}}\n";
    assert.deepEqual(read(`---\n# nothing\n---\n${configMap}---\n---\n${list}`), { names: ["a", "b"], told: [] });
  });

  test("JSON is read as it is", () => {
    const text = '{"apiVersion":"v1","kind":"ConfigMap",\n "metadata":{"name":"a"},\n "data":{"a":1}}';
    const [first] = readManifests(text, "a.json").objects;
    assert.ok(first);
    assert.deepEqual(validate(first.object, first.positions).map(findingText), [
      'a.json:3:14: error: data.a: found the number 1, want a string\n  put it in quotes: "1"',
    ]);
  });

  test("a byte order mark counts for nothing", () => {
    assert.deepEqual(read(`\uFEFF${configMap}`).names, ["a"]);
  });

  test("YAML 1.1 as Kubernetes reads it: octal numbers, yes and no; but no dates", () => {
    const [first] = readManifests(`${configMap}x: [0644, yes, 2024-01-01]\n`, "a.yaml").objects;
    assert.deepEqual(first?.object["x"], [420, true, "2024-01-01"]);
  });

  test("a syntax error has its place, and the other documents are still read", () => {
    assert.deepEqual(read(`${configMap}---\na: [1\nb: 2\n---\n${configMap}`), {
      names: ["a", "a"],
      told: ["a.yaml:6:1: error: Flow sequence in block collection must be sufficiently indented and end with a ]"],
    });
  });

  test("a tab that indents is named", () => {
    assert.deepEqual(read(`${configMap}data:\n\tb: c\n`).told, [
      "a.yaml:5:1: error: a tab indents this line; YAML wants spaces",
    ]);
  });

  test("a key that stands twice is an error where it stands again", () => {
    assert.deepEqual(read("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  name: b\n"), {
      names: [],
      told: ["a.yaml:5:3: error: the key stands twice in this map; only one can count"],
    });
  });

  test("what is no object says what it is", () => {
    for (const [text, what] of [
      ["- 1\n", "this is a list, not a Kubernetes object"],
      ["hello\n", 'this is the string "hello", not a Kubernetes object'],
      ["5\n", "this is the number 5, not a Kubernetes object"],
    ]) {
      assert.deepEqual(read(text ?? "").told, [`a.yaml:1:1: error: ${what}`]);
    }
  });

  test("an object without apiVersion, kind or metadata says which", () => {
    assert.deepEqual(read("metadata: {name: a}\n").told, [
      "a.yaml:1:1: error: apiVersion and kind not set; every object begins with both, for example `apiVersion: v1` and `kind: Service`",
    ]);
    assert.deepEqual(read("apiVersion: v1\nkind: ConfigMap\n").told, [
      "a.yaml:1:1: error: metadata is missing; an object needs at least metadata.name",
    ]);
  });

  test("an item of a List that is no object is told by its path", () => {
    assert.deepEqual(read("apiVersion: v1\nkind: List\nitems:\n  - 7\n").told, [
      "a.yaml:4:5: error: items[0]: this is the number 7, not a Kubernetes object",
    ]);
  });

  test("anchors, aliases and merge keys work, with the place of what is wrong in them", () => {
    const text = `${configMap}data: &d {x: one}\nbinaryData:\n  <<: *d\n  z: "!"\n`;
    const [first] = readManifests(text, "a.yaml").objects;
    assert.ok(first);
    assert.deepEqual(first.object["binaryData"], { x: "one", z: "!" });
    assert.deepEqual(
      validate(first.object, first.positions).map(({ path, at }) => `${path} ${at?.line}:${at?.column}`),
      ["binaryData.x 4:14", "binaryData.z 7:6"],
    );
  });

  test("aliases are bounded: what grows without end is refused", () => {
    const laughs = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (const [name, of] of "bcdefgh".split("").map((letter, index) => [letter, "abcdefg"[index]]))
      laughs.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${of}`).join(",")}]`);
    assert.deepEqual(read(laughs.join("\n")).told, ["a.yaml:1:1: error: its aliases stand for more than 1000 values"]);
  });

  test("an alias inside what it stands for, and one that stands for nothing, are refused", () => {
    assert.deepEqual(read(`${configMap}data: &d {x: *d}\n`).told, [
      "a.yaml:1:1: error: an alias stands inside what it stands for",
    ]);
    assert.deepEqual(read(`${configMap}data: {x: *no}\n`).told, [
      "a.yaml:4:11: error: no anchor before it has the name of the alias no",
    ]);
  });

  test("what is nested without end is refused in one sentence", () => {
    for (const depth of [150, 20_000]) {
      const { told } = read(`${configMap}data: ${"[".repeat(depth)}`);
      assert.equal(told.length, 1, told.join("\n"));
      const closed = read(`${configMap}data: ${"{a: ".repeat(depth)}${"}".repeat(depth)}`).told;
      assert.match(
        closed.join("\n"),
        /^a\.yaml:\d+:\d+: error: maps and lists stand more than 100 deep inside each other$/,
      );
    }
  });

  test("a file of more than 10 MB is not read", () => {
    assert.deepEqual(read(`${configMap}data: {x: "${"x".repeat(10 * 1024 * 1024)}"}\n`).told, [
      "a.yaml:1:1: error: 10.0 MB; files up to 10 MB are read",
    ]);
  });

  test("a field named __proto__ is only a field", () => {
    const [first] = readManifests(`${configMap}__proto__: {polluted: true}\n`, "a.yaml").objects;
    assert.ok(first);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    assert.match(
      validate(first.object, first.positions).map(findingText).join(),
      /4:1: error: __proto__: unknown field/,
    );
  });
});
