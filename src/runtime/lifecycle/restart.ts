import type { Clock } from "../../base/index.ts";

export type RestartPolicy = "Always" | "OnFailure" | "Never";

export const startsAgain = (policy: RestartPolicy, exitCode: number): boolean =>
  policy === "Always" || (policy === "OnFailure" && exitCode !== 0);

/** A program that fails for the first time is back almost at once. */
const firstDelay = 1000;
const base = 10_000;
const most = 300_000;
/** After running this long it counts as healthy again. */
const healthy = 600_000;

/** How long a container that ended waits for its next start: 1 s, then 10 s doubling to 5 min. */
export class RestartDelay {
  readonly #clock: Clock;
  #attempt = 0;
  #startedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be told when a run begins. */
  started(): void {
    this.#startedAt = this.#clock.monotonic();
  }

  /** Milliseconds until the next start, asked when a run has ended; `backOff` from the second in a row on. */
  next(): { readonly delay: number; readonly backOff: boolean } {
    if (this.#clock.monotonic() - this.#startedAt >= healthy) this.#attempt = 0;
    const attempt = this.#attempt;
    this.#attempt += 1;
    if (attempt === 0) return { delay: firstDelay, backOff: false };
    return { delay: Math.min(most, base * 2 ** Math.min(attempt - 1, 10)), backOff: true };
  }
}
