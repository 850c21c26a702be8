export type Close = () => void | Promise<void>;

/**
 * Owns what was started and ends it in reverse order, once.
 * Something owned after the end is ended at once, so nothing half-started is left behind.
 */
export class Lifetime {
  #closers: Close[] = [];
  #ending: Promise<void> | undefined;

  own(close: Close): void {
    if (this.#ending) {
      this.#ending = this.#ending.then(close);
      return;
    }
    this.#closers.push(close);
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  /** Ends everything; the first error is thrown after all had their turn. */
  close(): Promise<void> {
    this.#ending ??= this.#run();
    return this.#ending;
  }

  async #run(): Promise<void> {
    const faults: unknown[] = [];
    for (const close of this.#closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        faults.push(error);
      }
    }
    this.#closers = [];
    if (faults.length > 0) throw faults[0];
  }
}
