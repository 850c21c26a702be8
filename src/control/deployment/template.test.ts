import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PodTemplate } from "../../model/index.ts";
import { hashLabel, sameTemplate, templateHash } from "./template.ts";

const template: PodTemplate = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "web:1" }], nodeName: "weft" },
};
const reordered: PodTemplate = {
  spec: { nodeName: "weft", containers: [{ image: "web:1", name: "web" }] },
  metadata: { labels: { app: "web", [hashLabel]: "abc" } },
};

describe("the hash of a template", () => {
  test("is the same for equal templates, whatever the order of keys and the hash they carry", () => {
    assert.equal(templateHash(template, undefined), templateHash(reordered, undefined));
    assert.ok(sameTemplate(template, reordered));
  });

  test("differs after a collision, and for another image", () => {
    const other = { ...template, spec: { containers: [{ name: "web", image: "web:2" }] } };
    const hashes = [templateHash(template, undefined), templateHash(template, 1), templateHash(other, undefined)];
    assert.equal(new Set(hashes).size, 3);
    assert.ok(!sameTemplate(template, other));
  });

  test("can stand in a name, and stays what it was in earlier releases", () => {
    assert.equal(templateHash(template, undefined), "68f4cd4dff");
  });
});
