/** Wakes whoever waits for something to have changed. */
export class Notice {
  #next = Promise.withResolvers<void>();

  /** Resolves when it is told of next. */
  get next(): Promise<void> {
    return this.#next.promise;
  }

  tell(): void {
    const told = this.#next;
    this.#next = Promise.withResolvers<void>();
    told.resolve();
  }
}
