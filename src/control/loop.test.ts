import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../base/index.ts";
import { ApiFault } from "../store/index.ts";
import { ControlLoop } from "./loop.ts";
import { memoryClient } from "./memory-client.ts";
import { World } from "./world.ts";

function open(reconcile: (key: string) => Promise<void>) {
  const clock = new ManualClock();
  const world = new World({ client: memoryClient(clock), clock, chance: () => 0 });
  return { clock, loop: new ControlLoop({ name: "test", world, reconcile }) };
}

describe("a control loop", () => {
  test("reconciles once for many wishes of one turn", async () => {
    const done: string[] = [];
    const { loop } = open(async (key) => void done.push(key));
    for (const key of ["a", "b", "a", "a"]) loop.enqueue(key);
    await loop.idle();
    assert.deepEqual(done, ["a", "b"]);
  });

  test("never reconciles one key twice at a time, but once more after a wish that came meanwhile", async () => {
    let running = 0;
    let runs = 0;
    let finish = (): void => undefined;
    const { loop } = open(async () => {
      runs += 1;
      running += 1;
      assert.equal(running, 1);
      await new Promise<void>((resolve) => (finish = resolve));
      running -= 1;
    });
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    loop.enqueue("a");
    await turn();
    loop.enqueue("a");
    loop.enqueue("a");
    finish();
    await turn();
    finish();
    await loop.idle();
    assert.equal(runs, 2);
  });

  test("tries what failed again, each time later, and soon again after it succeeded", async () => {
    const times: number[] = [];
    let works = false;
    const { clock, loop } = open(async () => {
      times.push(clock.monotonic());
      if (!works) throw new Error("no");
    });
    loop.enqueue("a");
    for (let time = 0; time < 800; time += 10) {
      await loop.idle();
      clock.advance(10);
    }
    assert.deepEqual(times, [0, 100, 300, 700]);
    works = true;
    for (let time = 0; time < 1000; time += 10) {
      await loop.idle();
      clock.advance(10);
    }
    works = false;
    times.length = 0;
    const start = clock.monotonic();
    loop.enqueue("a");
    await loop.idle();
    clock.advance(100);
    await loop.idle();
    assert.deepEqual(times, [start, start + 100]);
    loop.close();
  });

  test("tries again quickly after a conflict", async () => {
    let runs = 0;
    const { clock, loop } = open(async () => {
      runs += 1;
      if (runs === 1) throw new ApiFault(409, "Conflict", "another write came first");
    });
    loop.enqueue("a");
    await loop.idle();
    clock.advance(5);
    await loop.idle();
    assert.equal(runs, 2);
  });

  test("of several times to come back, the earliest counts", async () => {
    const times: number[] = [];
    const { clock, loop } = open(async () => void times.push(clock.monotonic()));
    loop.enqueueAfter("a", 500);
    loop.enqueueAfter("a", 100);
    loop.enqueueAfter("a", 300);
    clock.advance(1000);
    await loop.idle();
    assert.equal(times.length, 1);
  });

  test("does nothing after it is closed", async () => {
    let runs = 0;
    const { clock, loop } = open(async () => void (runs += 1));
    loop.enqueueAfter("a", 10);
    loop.enqueue("b");
    loop.close();
    loop.enqueue("c");
    clock.advance(100);
    await loop.idle();
    assert.equal(runs, 0);
  });
});
