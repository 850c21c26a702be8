import { Backoff, explain, type Timer } from "../base/index.ts";
import { ApiFault } from "../store/index.ts";
import type { Controller, World } from "./world.ts";

export interface LoopOptions {
  /** What the log calls it. */
  readonly name: string;
  readonly world: World;
  /** Makes what the key names as it should be. Called for one key once at a time; a rejection is tried again later. */
  reconcile(key: string): Promise<void>;
}

interface Task {
  running: boolean;
  /** Asked for again while it ran. */
  again: boolean;
  timer?: Timer;
  /** When the timer is due, by the monotonic clock. */
  due: number;
  readonly late: Backoff;
  readonly failures: Backoff;
}

/** A queue of keys: each is reconciled once for any number of wishes, never twice at the same time, and again after it failed. */
export class ControlLoop implements Controller {
  readonly #options: LoopOptions;
  readonly #tasks = new Map<string, Task>();
  #busy = 0;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  enqueue(key: string): void {
    if (this.#closed) return;
    const task = this.#task(key);
    if (task.running) task.again = true;
    else void this.#run(key, task);
  }

  /** Reconciles the key when `delay` milliseconds have passed, or earlier. */
  enqueueAfter(key: string, delay: number): void {
    if (this.#closed) return;
    const { clock } = this.#options.world;
    const task = this.#task(key);
    const due = clock.monotonic() + delay;
    if (task.timer && task.due <= due) return;
    task.timer?.cancel();
    task.due = due;
    task.timer = clock.after(delay, () => {
      delete task.timer;
      this.enqueue(key);
    });
  }

  idle(): Promise<void> {
    return this.#busy === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#tasks.values()) timer?.cancel();
    this.#tasks.clear();
  }

  #task(key: string): Task {
    const known = this.#tasks.get(key);
    if (known) return known;
    const { chance } = this.#options.world;
    const task: Task = {
      running: false,
      again: false,
      due: 0,
      // That another write came first, or a deletion, only means that the cache was late.
      late: new Backoff({ base: 5, max: 1000, jitter: 0.5 }, chance),
      failures: new Backoff({ base: 100, max: 60_000, jitter: 0.5 }, chance),
    };
    this.#tasks.set(key, task);
    return task;
  }

  async #run(key: string, task: Task): Promise<void> {
    task.running = true;
    this.#busy += 1;
    // Wishes of the same turn are one.
    await this.#options.world.synced();
    if (!this.#closed) await this.#attempt(key, task);
    this.#busy -= 1;
    task.running = false;
    if (task.again) this.enqueue(key);
    else if (!task.timer) this.#tasks.delete(key);
    if (this.#busy > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #attempt(key: string, task: Task): Promise<void> {
    task.again = false;
    try {
      await this.#options.reconcile(key);
      task.late.reset();
      task.failures.reset();
    } catch (error) {
      const isLate = error instanceof ApiFault && (error.reason === "Conflict" || error.reason === "NotFound");
      const delay = (isLate ? task.late : task.failures).next();
      const line = isLate ? "the cache was behind; trying again" : "reconciling failed; trying again";
      const fields = { controller: this.#options.name, key, delay: Math.round(delay), error: explain(error) };
      this.#options.world.log[isLate ? "debug" : "warning"](line, fields);
      // Wishes that come meanwhile do not hurry what fails.
      task.again = false;
      this.enqueueAfter(key, delay);
    }
  }
}
