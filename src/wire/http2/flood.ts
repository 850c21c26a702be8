// On the path of every request.
import type { SessionOptions } from "./session-options.ts";

/** What a useful frame earns: Envoy allows ten WINDOW_UPDATEs for each DATA frame it sent. */
const earned = 10;
/** What useful frames earn is kept up to so many times the first credit. */
const mostSaved = 10;

/**
 * Counts frames that make work and bring none against those that bring some, and streams that were given up at once.
 * Every count is forgiven after a span of time: what a long life adds up to is no flood.
 */
export class FloodGuard {
  readonly #options: SessionOptions;
  readonly #most: number;
  #credit: number;
  #refill: number;
  #emptyFrames = 0;
  #opened = 0;
  #givenUp = 0;
  #spanStart = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#credit = options.limits.idleFrames;
    this.#most = options.limits.idleFrames * mostSaved;
    this.#refill = options.now() + options.limits.idleFramesSpan;
  }

  /** A frame with fields or data came or went. */
  useful(): void {
    if (this.#credit < this.#most) this.#credit += earned;
  }

  /** A frame that brings nothing came; true: too many of them. */
  idle(): boolean {
    this.#credit -= 1;
    if (this.#credit >= 0) return false;
    const { limits, now } = this.#options;
    const time = now();
    if (time < this.#refill) return true;
    this.#refill = time + limits.idleFramesSpan;
    this.#credit = limits.idleFrames;
    return false;
  }

  /** A frame of fields or data came; true: too many empty ones in a row. */
  payload(empty: boolean): boolean {
    this.#emptyFrames = empty ? this.#emptyFrames + 1 : 0;
    return this.#emptyFrames > this.#options.limits.emptyFrames;
  }

  /** The peer opened a stream, at this time. */
  opened(time: number): void {
    if (time - this.#spanStart > this.#options.limits.resetsSpan) {
      this.#spanStart = time;
      this.#opened = 0;
      this.#givenUp = 0;
    }
    this.#opened += 1;
  }

  /** The peer reset a stream, or made us reset it; true: it opens streams only to give them up (rapid reset). */
  reset(openedAt: number): boolean {
    const { limits, now } = this.#options;
    if (now() - openedAt < limits.shortLife) this.#givenUp += 1;
    return this.#opened >= limits.resetStreams && this.#givenUp * 2 > this.#opened;
  }
}
