import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "../../base/index.ts";
import type { Probe } from "../../model/index.ts";
import { failed, passed } from "./check/index.ts";
import { Prober } from "./prober.ts";

/** Runs a prober whose checks pass when `healthy` says so; the log holds what happened, with seconds since the start. */
async function watch(probe: Probe, eager: boolean, seconds: number, healthy: (second: number) => boolean) {
  const clock = new ManualClock();
  const start = clock.monotonic();
  const log: string[] = [];
  let checks = 0;
  const now = () => Math.round((clock.monotonic() - start) / 100) / 10;
  const prober = new Prober({
    probe,
    clock,
    startedAt: start,
    eager,
    check: () => {
      checks += 1;
      return Promise.resolve(healthy((clock.monotonic() - start) / 1000) ? passed() : failed("down"));
    },
    verdict: (ok) => void log.push(`${now()} ${ok ? "ok" : "bad"}`),
    failed: (message) => void log.push(`${now()} ${message}`),
  });
  for (let step = 0; step < seconds * 100; step += 1) {
    clock.advance(10);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  prober.stop();
  return { log, checks };
}

describe("a prober", () => {
  it("fails after failureThreshold failures in a row and recovers after successThreshold successes", async () => {
    const probe = { periodSeconds: 1, failureThreshold: 2, successThreshold: 2 };
    const { log } = await watch(
      probe,
      false,
      9.5,
      (second) => second < 2.5 || (second > 3.5 && second < 4.5) || second > 6.5,
    );
    assert.deepEqual(log, ["1 ok", "3 down", "5 down", "6 down", "6 bad", "8 ok"]);
  });

  it("waits for initialDelaySeconds", async () => {
    const { log, checks } = await watch({ periodSeconds: 1, initialDelaySeconds: 2 }, true, 2.5, () => true);
    assert.deepEqual(log, ["2 ok"]);
    assert.equal(checks, 1);
  });

  it("that is eager finds the first success at once, and counts failures only once a period", async () => {
    const { log, checks } = await watch({ periodSeconds: 2, failureThreshold: 1 }, true, 7, (second) => second > 5);
    assert.deepEqual(log, ["2.1 down", "2.1 bad", "4.1 down", "5.1 ok"]);
    assert.ok(checks > 40 && checks < 70, `${checks} checks`);
  });

  it("that is not eager keeps to its period", async () => {
    const { checks } = await watch({}, false, 21, () => false);
    assert.equal(checks, 3);
  });
});
