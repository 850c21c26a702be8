import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { KubeObject } from "../model/index.ts";
import { emptyInput, type MeshInput } from "./input.ts";
import { input, object, reviews, routeTo, subsets } from "./sample.ts";
import { emptySettleState, settle, settleLimit, type SettleState } from "./settle.ts";

/** Whether every subset a rule of the input names is defined by the same input. */
function dangles({ virtualServices, destinationRules }: MeshInput): boolean {
  const defined = new Set(destinationRules.flatMap((rule) => (rule.spec.subsets ?? []).map((each) => each.name)));
  return virtualServices
    .flatMap((each) => (each.spec.http ?? []).flatMap((rule) => rule.route ?? []))
    .some(({ destination }) => destination.subset !== undefined && !defined.has(destination.subset));
}

/** Runs snapshots through `settle`, 10 ms apart. */
function run(snapshots: readonly MeshInput[], from: MeshInput): MeshInput[] {
  let effective = from;
  let state: SettleState = emptySettleState;
  return snapshots.map((wanted, index) => {
    const settled = settle(effective, wanted, state, index * 10);
    effective = settled.input;
    state = settled.state;
    return settled.input;
  });
}

const rule = subsets("reviews", ["v1"]);
const route = routeTo("reviews", "v1");

describe("settling a change", () => {
  test("a VirtualService waits for the DestinationRule that defines its subset", () => {
    const [early, late] = run([input(...reviews, route), input(...reviews, route, rule)], input(...reviews));
    assert.deepEqual(early?.virtualServices, []);
    assert.deepEqual(late?.virtualServices, [route]);
  });

  test("a DestinationRule stays as long as a VirtualService needs its subset", () => {
    const [early, late] = run([input(...reviews, route), input(...reviews)], input(...reviews, route, rule));
    assert.deepEqual(early?.destinationRules, [rule]);
    assert.deepEqual(late?.destinationRules, []);
  });

  test("a changed VirtualService leaves its older version in force until it can be followed", () => {
    const changed = routeTo("reviews", "v2");
    const [held, after] = run(
      [input(...reviews, changed, rule), input(...reviews, changed, subsets("reviews", ["v2"]))],
      input(...reviews, route, rule),
    );
    assert.deepEqual(held?.virtualServices, [route]);
    assert.deepEqual(after?.virtualServices, [changed]);
  });

  test("a subset without pods counts as missing", () => {
    const both = subsets("reviews", ["v1", "v9"]);
    const from = input(...reviews, both);
    const wanted = input(...reviews, both, routeTo("reviews", "v9"));
    assert.deepEqual(settle(from, wanted, emptySettleState, 0).input.virtualServices, []);
  });

  test("after the limit a change takes effect as it is", () => {
    const wanted = input(...reviews, route);
    const first = settle(input(...reviews), wanted, emptySettleState, 1000);
    assert.equal(first.wakeAt, 1000 + settleLimit);
    const before = settle(first.input, wanted, first.state, 1000 + settleLimit - 1);
    assert.deepEqual(before.input.virtualServices, []);
    const after = settle(before.input, wanted, before.state, 1000 + settleLimit);
    assert.deepEqual(after.input.virtualServices, [route]);
    assert.equal(after.wakeAt, undefined);
    assert.deepEqual(settle(after.input, wanted, after.state, 9000).input.virtualServices, [route]);
  });

  test("what led nowhere before is not held up", () => {
    const from = input(...reviews, route);
    const other = object("ServiceEntry", "other", { spec: { hosts: ["other.example"] } });
    const wanted = input(...reviews, route, other);
    assert.equal(settle(from, wanted, emptySettleState, 0).input, wanted);
  });

  test("everything else takes effect at once", () => {
    const other = routeTo("reviews", undefined, "free");
    const { input: now } = settle(input(...reviews), input(...reviews, route, other), emptySettleState, 0);
    assert.deepEqual(now.virtualServices, [other]);
  });

  test("the first input is taken whole", () => {
    const wanted = input(...reviews, route);
    assert.equal(settle(undefined, wanted, emptySettleState, 0).input, wanted);
    assert.equal(settle(emptyInput, emptyInput, emptySettleState, 0).wakeAt, undefined);
  });

  test("in no order of creating, changing and deleting both does a rule in force lead nowhere", () => {
    const version = fc.constantFrom(undefined, "v1", "v2");
    fc.assert(
      fc.property(version, version, fc.shuffledSubarray(["rule", "route"], { minLength: 2 }), (from, to, order) => {
        const objects = (ruleVersion: string | undefined, routeVersion: string | undefined): MeshInput => {
          const list: KubeObject[] = [...reviews];
          if (ruleVersion !== undefined) list.push(subsets("reviews", [ruleVersion]));
          if (routeVersion !== undefined) list.push(routeTo("reviews", routeVersion));
          return input(...list);
        };
        const half = order[0] === "rule" ? objects(to, from) : objects(from, to);
        const end = objects(to, to);
        const seen = run([half, end], objects(from, from));
        assert.ok(!seen.some(dangles));
        assert.deepEqual(seen.at(-1), end);
      }),
    );
  });
});
