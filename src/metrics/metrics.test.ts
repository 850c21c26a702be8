import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { expose, formatFor } from "./exposition.ts";
import { Registry } from "./registry.ts";

describe("series", () => {
  test("a label set is one series however often it is asked for", () => {
    const requests = new Registry().counter({ name: "requests_total", help: "Requests.", labels: ["code"] });
    requests.with("200").add();
    requests.with("200").add(2);
    assert.equal(requests.with("200").value, 3);
  });

  test("a family is bounded: later label sets are counted together, and a counter says so", () => {
    const registry = new Registry();
    const requests = registry.counter({ name: "requests_total", help: "Requests.", labels: ["path"], limit: 2 });
    for (const path of ["/a", "/b", "/c", "/d"]) requests.with(path).add();
    const text = expose([registry]);
    assert.match(text, /^requests_total\{path="overflow"\} 2$/m);
    assert.match(text, /^weft_metrics_overflow_total\{metric="requests_total"\} 2$/m);
    assert.doesNotMatch(text, /\/c/);
  });

  test("an observation falls into the first bucket whose bound is not below it", () => {
    const times = new Registry().histogram({ name: "times", help: "Times.", bounds: [1, 5] }).with();
    for (const value of [0.5, 1, 1.1, 5, 6]) times.observe(value);
    assert.deepEqual([...times.counts], [2, 2, 1]);
    assert.equal(times.sum, 13.6);
  });

  test("bad names, doubled names and a wrong number of labels are errors", () => {
    const registry = new Registry();
    const gauge = registry.gauge({ name: "up", help: "Up.", labels: ["job"] });
    assert.throws(() => registry.gauge({ name: "up", help: "" }), /exists/);
    assert.throws(() => registry.gauge({ name: "1up", help: "" }), /bad metric name/);
    assert.throws(() => gauge.with("a", "b"), /has 1 labels/);
  });
});

describe("exposition", () => {
  function sample() {
    const registry = new Registry();
    registry
      .counter({ name: "requests_total", help: "All\nrequests.", labels: ["code", "path"] })
      .with("200", 'a"\\\n')
      .add(2);
    registry.gauge({ name: "open", help: "Open." }).with().set(-1.5);
    const times = registry.histogram({ name: "times", help: "Times.", labels: ["code"], bounds: [1, 2.5] }).with("200");
    times.observe(1);
    times.observe(3);
    registry.counter({ name: "silent_total", help: "Never counted.", labels: ["x"] });
    return registry;
  }

  test("Prometheus text 0.0.4: escaped help and values, cumulative buckets, no family without series", () => {
    assert.equal(
      expose([sample()]),
      [
        "# HELP requests_total All\\nrequests.",
        "# TYPE requests_total counter",
        'requests_total{code="200",path="a\\"\\\\\\n"} 2',
        "# HELP open Open.",
        "# TYPE open gauge",
        "open -1.5",
        "# HELP times Times.",
        "# TYPE times histogram",
        'times_bucket{code="200",le="1"} 1',
        'times_bucket{code="200",le="2.5"} 1',
        'times_bucket{code="200",le="+Inf"} 2',
        'times_sum{code="200"} 4',
        'times_count{code="200"} 2',
        "",
      ].join("\n"),
    );
  });

  test("OpenMetrics: a counter's family has no suffix, whole bounds are floats, and the text ends in # EOF", () => {
    const text = expose([sample()], { format: "openmetrics" });
    assert.match(text, /^# TYPE requests counter$/m);
    assert.match(text, /^requests_total\{/m);
    assert.match(text, /le="1\.0"/);
    assert.ok(text.endsWith("# EOF\n"));
  });

  test("OpenMetrics: a counter without the suffix is of unknown type, as it could not be read otherwise", () => {
    const registry = new Registry();
    registry.counter({ name: "envoy_things", help: "Things." }).with().add(2);
    const lines = ["# HELP envoy_things Things.", "# TYPE envoy_things unknown", "envoy_things 2", "# EOF", ""];
    assert.equal(expose([registry], { format: "openmetrics" }), lines.join("\n"));
  });

  test("a reader may ask for some series only", () => {
    const text = expose([sample()], { only: (label) => label("code") === "200" });
    assert.doesNotMatch(text, /open/);
    assert.match(text, /times_count/);
  });

  test("the Accept header chooses the format", () => {
    assert.equal(formatFor(undefined), "prometheus");
    assert.equal(formatFor("*/*"), "prometheus");
    assert.equal(formatFor("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"), "openmetrics");
    assert.equal(formatFor("application/openmetrics-text;q=0.3,text/plain;version=0.0.4;q=0.5"), "prometheus");
    assert.equal(formatFor("application/openmetrics-text;q=0"), "prometheus");
  });
});
