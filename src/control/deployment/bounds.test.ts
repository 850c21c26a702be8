import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Deployment } from "../../model/index.ts";
import { boundsOf } from "./bounds.ts";

function bounds(replicas: number, maxSurge: number | string, maxUnavailable: number | string, type = "RollingUpdate") {
  const strategy = { type, rollingUpdate: { maxSurge, maxUnavailable } };
  const found = boundsOf({ spec: { replicas, strategy } } as unknown as Deployment);
  return [found.maxSurge, found.maxUnavailable];
}

describe("the bounds of a rollout", () => {
  test("percentages of surge are rounded up, of unavailability down", () => {
    assert.deepEqual(bounds(3, "25%", "25%"), [1, 0]);
    assert.deepEqual(bounds(10, "25%", "25%"), [3, 2]);
    assert.deepEqual(bounds(4, "25%", "25%"), [1, 1]);
    // 7 % of 100 is a little more than 7 in floating point, unless it is multiplied first.
    assert.deepEqual(bounds(100, "7%", "29%"), [7, 29]);
  });

  test("numbers are taken as they are, but no more can be missing than are wished", () => {
    assert.deepEqual(bounds(2, 5, 5), [5, 2]);
  });

  test("one may be missing when nothing else could move", () => {
    assert.deepEqual(bounds(3, 0, 0), [0, 1]);
    assert.deepEqual(bounds(3, "0%", "10%"), [0, 1]);
    assert.deepEqual(bounds(0, 0, 0), [0, 0]);
  });

  test("Recreate has none", () => {
    assert.deepEqual(bounds(3, 1, 1, "Recreate"), [0, 0]);
  });

  test("25% each where nothing is said", () => {
    assert.deepEqual(boundsOf({ spec: { replicas: 8 } } as unknown as Deployment), {
      replicas: 8,
      maxSurge: 2,
      maxUnavailable: 2,
    });
  });
});
