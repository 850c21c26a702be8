import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { ManualClock } from "../base/index.ts";
import { onStopSignals } from "./stop-signals.ts";

describe("signals that ask to stop", () => {
  test("the same key press heard twice is one, the next one means at once", () => {
    const clock = new ManualClock();
    const heard: string[] = [];
    const source = new EventEmitter();
    const forget = onStopSignals(
      clock,
      () => heard.push("stop"),
      () => heard.push("hurry"),
      source,
    );
    source.emit("SIGINT");
    clock.advance(50);
    source.emit("SIGINT");
    assert.deepEqual(heard, ["stop"]);
    clock.advance(300);
    source.emit("SIGTERM");
    assert.deepEqual(heard, ["stop", "hurry"]);
    forget();
    assert.deepEqual(source.eventNames(), []);
  });

  test("SIGHUP is one of them, unless it means to read the configuration again", () => {
    const heard: string[] = [];
    const source = new EventEmitter();
    const note = (what: string) => () => void heard.push(what);
    const forget = onStopSignals(new ManualClock(), note("stop"), note("hurry"), source);
    source.emit("SIGHUP");
    forget();
    const forgetToo = onStopSignals(new ManualClock(), note("stop"), note("hurry"), source, note("reload"));
    source.emit("SIGHUP");
    source.emit("SIGHUP");
    forgetToo();
    assert.deepEqual(heard, ["stop", "reload", "reload"]);
    assert.deepEqual(source.eventNames(), []);
  });
});
