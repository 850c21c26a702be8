// On the path of every request.

/** Bytes gathered for one write, from which on no DATA is added: the next write takes it. */
const enough = 65_536;
/** Bytes of a scratch buffer: the last frame of DATA before `enough`, and some more heads, fit in behind. */
const scratchSize = enough + 24_576;
/** Scratch buffers of connections that have nothing to write now. More than these are left to the collector. */
const mostSpare = 16;
/** Up to here what was written is copied out, unless the buffer is sure to come back. */
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
  /** The scratch buffer that was taken last. */
  #lent = none;
  /** Whoever took bytes last needed them no longer than the call. */
  #returns = false;

  get size(): number {
    return this.#fullSize + this.at;
  }

  get full(): boolean {
    return this.at >= enough || this.#fullSize > 0;
  }

  reserve(bytes: number): number {
    if (this.at + bytes > this.buffer.length) this.#grow(bytes);
    return this.at;
  }

  #grow(bytes: number): void {
    if (this.at > 0) {
      this.#full.push(this.buffer.subarray(0, this.at));
      this.#fullSize += this.at;
    } else keep(this.buffer);
    const fitting = bytes <= scratchSize ? spare.pop() : undefined;
    this.buffer = fitting ?? Buffer.allocUnsafeSlow(Math.max(scratchSize, bytes));
    this.at = 0;
  }

  /** Everything gathered; undefined when nothing was. */
  take(): Buffer | undefined {
    const { at, buffer } = this;
    const lend = this.#returns;
    this.#returns = false;
    this.#lent = none;
    if (this.#full.length > 0) return this.#takeAll();
    if (at === 0) return undefined;
    this.at = 0;
    this.buffer = none;
    if (lend || at > mostCopied) {
      this.#lent = buffer;
      return buffer.subarray(0, at);
    }
    const copy = Buffer.allocUnsafe(at);
    buffer.copy(copy, 0, 0, at);
    keep(buffer);
    return copy;
  }

  #takeAll(): Buffer {
    const { at, buffer } = this;
    const all = Buffer.concat([...this.#full, buffer.subarray(0, at)], this.#fullSize + at);
    this.#full = [];
    this.#fullSize = 0;
    this.at = 0;
    this.buffer = none;
    keep(buffer);
    return all;
  }

  /** The Buffer taken last is not needed any more, and may be filled again. */
  giveBack(): void {
    this.#returns = true;
    keep(this.#lent);
    this.#lent = none;
  }
}

function keep(buffer: Buffer): void {
  if (buffer.length === scratchSize && spare.length < mostSpare) spare.push(buffer);
}
