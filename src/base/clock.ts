/** A pending call; `cancel` is safe to call twice and after it ran. */
export interface Timer {
  cancel(): void;
}

/** Time as an argument, so that no test has to sleep. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `run` once after `delay` milliseconds. Does not keep the process alive. */
  after(delay: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delay` milliseconds, or at once when the signal aborts. */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = clock.after(delay, finish);
    function finish() {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    }
    signal?.addEventListener("abort", finish);
  });
}

/** A clock that moves only when told to: `advance` runs what is due, in order of time. */
export class ManualClock implements Clock {
  #time: number;
  readonly #start: number;
  #due: { at: number; run: () => void }[] = [];

  constructor(start = Date.UTC(2024, 0, 1)) {
    this.#time = start;
    this.#start = start;
  }

  now(): number {
    return this.#time;
  }

  monotonic(): number {
    return this.#time - this.#start;
  }

  after(delay: number, run: () => void): Timer {
    const entry = { at: this.#time + Math.max(0, delay), run };
    this.#due.push(entry);
    return { cancel: () => void (this.#due = this.#due.filter((other) => other !== entry)) };
  }

  advance(milliseconds: number): void {
    const end = this.#time + milliseconds;
    for (;;) {
      let next: { at: number; run: () => void } | undefined;
      for (const entry of this.#due) if (entry.at <= end && (!next || entry.at < next.at)) next = entry;
      if (!next) break;
      const taken = next;
      this.#due = this.#due.filter((entry) => entry !== taken);
      this.#time = Math.max(this.#time, taken.at);
      taken.run();
    }
    this.#time = end;
  }
}
