import type { Due, Ticker } from "../net/ticker.ts";

/** One time limit that may be set again and again. */
export class Timeout implements Due {
  at = 0;
  place = -1;
  readonly #ticker: Ticker;
  readonly #run: () => void;

  constructor(ticker: Ticker, run: () => void) {
    this.#ticker = ticker;
    this.#run = run;
  }

  set(delay: number): void {
    this.#ticker.set(this, delay);
  }

  clear(): void {
    this.#ticker.clear(this);
  }

  due(): void {
    this.#run();
  }
}
