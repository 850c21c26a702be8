import type { Clock } from "../../base/index.ts";

/** After so many milliseconds the cache must have lost the news: nobody waits longer. */
const patience = 30_000;

/**
 * What an owner did that its cache has not shown yet. Until it has, the owner must not count its objects:
 * it would make the same ones twice.
 */
export class Expectations {
  readonly #clock: Clock;
  /** By owner: uids of objects, and until when the owner waits for news of them. */
  readonly #created = new Map<string, Map<string, number>>();
  readonly #deleted = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  expectCreation(owner: string, uid: string): void {
    this.#note(this.#created, owner, uid);
  }

  expectDeletion(owner: string, uid: string): void {
    this.#note(this.#deleted, owner, uid);
  }

  /** The cache shows the object. */
  sawCreation(owner: string, uid: string): void {
    this.#strike(this.#created, owner, uid);
  }

  /** The cache shows that the object ends or is gone. */
  sawDeletion(owner: string, uid: string): void {
    this.#strike(this.#created, owner, uid);
    this.#strike(this.#deleted, owner, uid);
  }

  /** Milliseconds until the owner may go on in any case: 0 when the cache shows all it did. */
  wait(owner: string): number {
    const now = this.#clock.monotonic();
    let wait = 0;
    for (const open of [this.#created.get(owner), this.#deleted.get(owner)]) {
      for (const until of open?.values() ?? []) wait = Math.max(wait, until - now);
    }
    if (wait <= 0) this.forget(owner);
    return Math.max(0, wait);
  }

  forget(owner: string): void {
    this.#created.delete(owner);
    this.#deleted.delete(owner);
  }

  #note(side: Map<string, Map<string, number>>, owner: string, uid: string): void {
    const open = side.get(owner) ?? new Map<string, number>();
    side.set(owner, open.set(uid, this.#clock.monotonic() + patience));
  }

  #strike(side: Map<string, Map<string, number>>, owner: string, uid: string): void {
    const open = side.get(owner);
    if (open?.delete(uid) && open.size === 0) side.delete(owner);
  }
}
