import { enhanceYourCalm, type Fault } from "./codes.ts";
import type { SessionLimits } from "./session-options.ts";

const tooLong = enhanceYourCalm("a field block larger than we read");
const tooMany = enhanceYourCalm("too many CONTINUATION frames");
const none: Buffer = Buffer.alloc(0);

/** A field block that came in several frames (RFC 9113 §4.3, §6.10), put together. */
export class FieldBlock {
  readonly #limits: SessionLimits;
  #frames = 0;
  /** The block is `buffer` up to `length`. */
  buffer = none;
  length = 0;
  /** The stream it belongs to; 0: none is under way, and no CONTINUATION may come. */
  id = 0;
  flags = 0;
  selfDependent = false;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  begin(id: number, flagBits: number, selfDependent: boolean): void {
    this.id = id;
    this.flags = flagBits;
    this.selfDependent = selfDependent;
    this.length = 0;
    this.#frames = 0;
  }

  add(buffer: Buffer, start: number, end: number): Fault | undefined {
    const size = this.length + end - start;
    this.#frames += 1;
    if (size > this.#limits.fieldBlock) return tooLong;
    if (this.#frames > this.#limits.continuations + 1) return tooMany;
    if (size > this.buffer.length) {
      const larger = Buffer.allocUnsafe(size * 2);
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
    buffer.copy(this.buffer, this.length, start, end);
    this.length = size;
    return undefined;
  }

  /** It was read. */
  clear(): void {
    this.id = 0;
    this.buffer = none;
  }
}
