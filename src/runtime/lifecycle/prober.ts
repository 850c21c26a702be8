import type { Clock, Timer } from "../../base/index.ts";
import type { Probe } from "../../model/index.ts";
import type { Outcome } from "./check/index.ts";

export interface ProberOptions {
  readonly probe: Probe;
  readonly clock: Clock;
  /** When the container started, as `clock.monotonic()` counts. */
  readonly startedAt: number;
  /**
   * Ask again every 50 to 100 ms until the first success, whatever the period; failures meanwhile count once a period.
   * A program that has just become ready should not wait out ten seconds for nothing.
   */
  readonly eager: boolean;
  readonly check: (limit: number, signal: AbortSignal) => Promise<Outcome>;
  /** The verdict after enough successes or failures in a row; called when it changes. */
  verdict(ok: boolean): void;
  /** One failure that counts. */
  failed(message: string): void;
}

const eagerPause = { first: 50, most: 100 };
/** Programs are dearer to start than connections. */
const eagerExecPause = { first: 100, most: 500 };

/** Probes a container until it is stopped. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #period: number;
  readonly #limit: number;
  readonly #aborter = new AbortController();
  #timer: Timer;
  #successes = 0;
  #failures = 0;
  #verdict: boolean | undefined;
  #pause: number;
  #everPassed = false;
  #lastCounted: number;

  constructor(options: ProberOptions) {
    const { probe, clock, startedAt } = options;
    this.#options = options;
    this.#period = (probe.periodSeconds || 10) * 1000;
    this.#limit = (probe.timeoutSeconds || 1) * 1000;
    this.#pause = (probe.exec ? eagerExecPause : eagerPause).first;
    const first = startedAt + (probe.initialDelaySeconds ?? 0) * 1000;
    this.#lastCounted = Math.max(first, clock.monotonic());
    this.#timer = this.#later(Math.max(0, first - clock.monotonic()));
  }

  stop(): void {
    this.#timer.cancel();
    this.#aborter.abort();
  }

  #later(delay: number): Timer {
    return this.#options.clock.after(delay, () => void this.#probe());
  }

  async #probe(): Promise<void> {
    const { clock, check } = this.#options;
    const began = clock.monotonic();
    const outcome = await check(this.#limit, this.#aborter.signal);
    if (this.#aborter.signal.aborted) return;
    this.#count(outcome);
    if (this.#aborter.signal.aborted) return;
    const pause = this.#isEager() ? this.#nextPause() : this.#period;
    this.#timer = this.#later(Math.max(0, began + pause - clock.monotonic()));
  }

  #isEager(): boolean {
    return this.#options.eager && !this.#everPassed;
  }

  #nextPause(): number {
    const pause = this.#pause;
    const { most } = this.#options.probe.exec ? eagerExecPause : eagerPause;
    this.#pause = Math.min(most, pause * 1.2);
    return Math.min(pause, this.#period);
  }

  #count(outcome: Outcome): void {
    const { probe, clock } = this.#options;
    if (outcome.ok) {
      this.#everPassed = true;
      this.#failures = 0;
      this.#successes += 1;
      if (this.#successes >= (probe.successThreshold || 1)) this.#decide(true);
      return;
    }
    this.#successes = 0;
    if (this.#isEager() && clock.monotonic() - this.#lastCounted < this.#period) return;
    this.#lastCounted = clock.monotonic();
    this.#failures += 1;
    this.#options.failed(outcome.message);
    if (this.#failures >= (probe.failureThreshold || 3)) this.#decide(false);
  }

  #decide(ok: boolean): void {
    if (this.#verdict === ok) return;
    this.#verdict = ok;
    this.#options.verdict(ok);
  }
}
