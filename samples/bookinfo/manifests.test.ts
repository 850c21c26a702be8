import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readManifests, validate } from "../../src/model/index.ts";

const folder = import.meta.dirname;
const files = globSync("**/*.yaml", { cwd: folder });

describe("the manifests of Bookinfo", () => {
  assert.ok(files.length > 10);
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    const { objects, findings } = readManifests(text, file);

    test(`${file} has neither error nor warning`, () => {
      assert.ok(objects.length > 0);
      assert.deepEqual([...findings, ...objects.flatMap(({ object, positions }) => validate(object, positions))], []);
    });

    test(`${file} says first what it shows`, () => {
      assert.match(text, /^# [A-Z].*[.]\n/);
    });
  }

  test("every route leads to a subset that the rules for all services name", () => {
    const objects = files.flatMap((file) => readManifests(readFileSync(join(folder, file), "utf8"), file).objects);
    const subsets = new Set(
      readManifests(readFileSync(join(folder, "networking/destination-rule-all.yaml"), "utf8"), "").objects.flatMap(
        ({ object }) => {
          const { host, subsets } = object["spec"] as { host: string; subsets: { name: string }[] };
          return subsets.map(({ name }) => `${host} ${name}`);
        },
      ),
    );
    const named = [...JSON.stringify(objects).matchAll(/"host":"(\w+)","subset":"(\w+)"/g)];
    assert.ok(named.length > 10);
    for (const [, host, subset] of named) assert.ok(subsets.has(`${host} ${subset}`), `${host} ${subset}`);
  });
});
