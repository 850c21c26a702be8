import type { Chance } from "./chance.ts";

export interface BackoffOptions {
  /** First delay, milliseconds. */
  readonly base: number;
  /** Largest delay, milliseconds. */
  readonly max: number;
  /** Share of the delay that chance may take away: 0 = none, 1 = "full jitter". */
  readonly jitter?: number;
}

/** Exponential delays: base, 2·base, 4·base … up to max. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #chance: Chance;
  #attempt = 0;

  constructor(options: BackoffOptions, chance: Chance) {
    this.#options = options;
    this.#chance = chance;
  }

  /** The next delay in milliseconds. */
  next(): number {
    const { base, max, jitter = 0 } = this.#options;
    const full = Math.min(max, base * 2 ** Math.min(this.#attempt, 30));
    this.#attempt += 1;
    return full * (1 - jitter * this.#chance());
  }

  reset(): void {
    this.#attempt = 0;
  }
}
