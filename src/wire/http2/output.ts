// On the path of every request.

/** Bytes of a scratch buffer: what one turn of a busy connection writes. */
const scratchSize = 65_536;
/** Scratch buffers of connections that have nothing to write now. More than these are left to the collector. */
const mostSpare = 16;
/** Up to here what was written is copied out and the scratch buffer used again. */
const mostCopied = 16_384;

const spare: Buffer[] = [];
const none: Buffer = Buffer.alloc(0);

/**
 * Gathers frames until they are taken as one Buffer. Between being taken and the next frame it holds no memory.
 * `reserve(n)` gives the position of n bytes in `buffer`; whoever wrote there says so by setting `at`.
 */
export class Output {
  buffer = none;
  at = 0;
  /** What filled a buffer before the present one. */
  #full: Buffer[] = [];
  #fullSize = 0;

  get size(): number {
    return this.#fullSize + this.at;
  }

  reserve(bytes: number): number {
    if (this.at + bytes > this.buffer.length) this.#grow(bytes);
    return this.at;
  }

  #grow(bytes: number): void {
    if (this.at > 0) {
      this.#full.push(this.buffer.subarray(0, this.at));
      this.#fullSize += this.at;
    } else this.#giveBack();
    const fitting = bytes <= scratchSize ? spare.pop() : undefined;
    this.buffer = fitting ?? Buffer.allocUnsafeSlow(Math.max(scratchSize, bytes));
    this.at = 0;
  }

  #giveBack(): void {
    if (this.buffer.length === scratchSize && spare.length < mostSpare) spare.push(this.buffer);
    this.buffer = none;
  }

  /** Everything gathered; undefined when nothing was. */
  take(): Buffer | undefined {
    const { at } = this;
    if (this.#full.length > 0) {
      this.#full.push(this.buffer.subarray(0, at));
      const all = Buffer.concat(this.#full, this.#fullSize + at);
      this.#full = [];
      this.#fullSize = 0;
      this.at = 0;
      this.#giveBack();
      return all;
    }
    if (at === 0) return undefined;
    this.at = 0;
    if (at > mostCopied) {
      const taken = this.buffer.subarray(0, at);
      this.buffer = none;
      return taken;
    }
    const copy = Buffer.allocUnsafe(at);
    this.buffer.copy(copy, 0, 0, at);
    this.#giveBack();
    return copy;
  }
}
