import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { expose } from "./exposition.ts";
import { Registry } from "./registry.ts";
import { sumExpositions } from "./sum.ts";

function registry(requests: number, took: readonly number[], path = "/a b"): Registry {
  const made = new Registry();
  made
    .counter({ name: "requests_total", help: "Requests.", labels: ["path"] })
    .with(path)
    .add(requests);
  made.gauge({ name: "weft_build", help: "What runs.", labels: [] }).with().set(1);
  const histogram = made.histogram({ name: "took", help: "Time.", labels: [], bounds: [1, 5] }).with();
  for (const one of took) histogram.observe(one);
  return made;
}

describe("the metrics of several processes as one", () => {
  for (const format of ["prometheus", "openmetrics"] as const) {
    test(`${format}: counters, buckets and sums are added, what tells a version is not`, () => {
      const texts = [registry(2, [1, 3]), registry(5, [9])].map((one) => expose([one], { format }));
      assert.equal(sumExpositions(texts), expose([registry(7, [1, 3, 9])], { format }));
    });
  }

  test("a series only one process has is kept", () => {
    const texts = [registry(2, []), registry(5, [], "/c")].map((one) => expose([one]));
    const sum = sumExpositions(texts);
    assert.match(sum, /^requests_total\{path="\/a b"\} 2$/m);
    assert.match(sum, /^requests_total\{path="\/c"\} 5$/m);
    assert.equal(sum.match(/^# TYPE requests_total/gm)?.length, 1);
  });

  test("lines without heads are added as well", () => {
    assert.equal(sumExpositions(["a 1\nb 2\n", "b 3\n"]), "a 1\nb 5\n");
  });
});
