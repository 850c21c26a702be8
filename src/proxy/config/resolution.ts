import { isIP } from "node:net";
import { Backoff, type Chance, type Clock, type Timer } from "../../base/index.ts";

/** Asks for a host's addresses; rejects when there is no answer. Family 0 is both. */
export type ResolveName = (name: string, family: 0 | 4 | 6) => Promise<readonly string[]>;

export interface ResolutionOptions {
  readonly resolve: ResolveName;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly family: 0 | 4 | 6;
  /** Milliseconds between questions. */
  readonly refresh: number;
  /** The same after a question that failed: at first, and at most. */
  readonly retry: { readonly base: number; readonly max: number };
  /** Called when an answer differs from the one before. */
  readonly changed: () => void;
}

/** Keeps the addresses of some hosts fresh. A failed question keeps the old answer and is asked again, ever slower. */
export class Resolution {
  readonly #options: ResolutionOptions;
  readonly #answers = new Map<string, readonly string[]>();
  readonly #timers = new Map<string, Timer>();
  #wanted = new Set<string>();
  #closed = false;

  constructor(options: ResolutionOptions) {
    this.#options = options;
  }

  /** The names to ask for from now on; addresses among them answer for themselves. */
  want(names: Iterable<string>): void {
    this.#wanted = new Set([...names].filter((name) => isIP(name) === 0));
    for (const name of [...this.#timers.keys(), ...this.#answers.keys()]) {
      if (!this.#wanted.has(name)) this.#forget(name);
    }
    for (const name of this.#wanted) if (!this.#timers.has(name)) this.#begin(name);
  }

  addresses(name: string): readonly string[] {
    return isIP(name) === 0 ? (this.#answers.get(name) ?? []) : [name];
  }

  close(): void {
    this.#closed = true;
    this.want([]);
  }

  #forget(name: string): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
    this.#answers.delete(name);
  }

  #begin(name: string): void {
    const retry = new Backoff({ ...this.#options.retry, jitter: 0.2 }, this.#options.chance);
    // Stands for the question under way until its own timer takes the place.
    const token: Timer = { cancel: () => undefined };
    const ask = async (current: Timer): Promise<void> => {
      let answer: readonly string[] | undefined;
      try {
        answer = await this.#options.resolve(name, this.#options.family);
      } catch {
        // The old answer serves on.
      }
      if (this.#closed || this.#timers.get(name) !== current) return;
      if (!answer) return again(retry.next());
      retry.reset();
      this.#answered(name, answer);
      again(this.#options.refresh);
    };
    const again = (delay: number): void => {
      const timer = this.#options.clock.after(delay, () => void ask(timer));
      this.#timers.set(name, timer);
    };
    this.#timers.set(name, token);
    void ask(token);
  }

  #answered(name: string, addresses: readonly string[]): void {
    const sorted = [...new Set(addresses)].sort();
    const before = this.#answers.get(name);
    if (before && before.join() === sorted.join()) return;
    this.#answers.set(name, sorted);
    this.#options.changed();
  }
}
