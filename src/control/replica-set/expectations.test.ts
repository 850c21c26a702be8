import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { Expectations } from "./expectations.ts";

describe("expectations", () => {
  test("hold an owner back until the cache shows what it made and deleted", () => {
    const expectations = new Expectations(new ManualClock());
    expectations.expectCreation("set", "1");
    expectations.expectDeletion("set", "2");
    assert.ok(expectations.wait("set") > 0);
    assert.equal(expectations.wait("other"), 0);
    expectations.sawCreation("set", "1");
    assert.ok(expectations.wait("set") > 0);
    expectations.sawDeletion("set", "2");
    assert.equal(expectations.wait("set"), 0);
  });

  test("that an object is gone also shows that it was made", () => {
    const expectations = new Expectations(new ManualClock());
    expectations.expectCreation("set", "1");
    expectations.sawDeletion("set", "1");
    assert.equal(expectations.wait("set"), 0);
  });

  test("end by themselves, for news may be lost", () => {
    const clock = new ManualClock();
    const expectations = new Expectations(clock);
    expectations.expectCreation("set", "1");
    clock.advance(expectations.wait("set"));
    assert.equal(expectations.wait("set"), 0);
  });
});
