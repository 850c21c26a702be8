// On the path of bodies that wait for a window.

const leastSize = 1024;
const none: Buffer = Buffer.alloc(0);

/** Bytes that wait, in one growing buffer: many small pieces cost no more than one large one. Empty, it holds no memory. */
export class ByteQueue {
  /** The bytes are those of `buffer` from `start` to `end`. */
  buffer = none;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  add(buffer: Buffer, start: number, end: number): void {
    const size = end - start;
    if (this.end + size > this.buffer.length) this.#makeRoom(size);
    buffer.copy(this.buffer, this.end, start, end);
    this.end += size;
  }

  #makeRoom(size: number): void {
    const { length } = this;
    let into = this.buffer;
    // Half of it free: moved within, and so each byte is moved a bounded number of times.
    if (length + size > into.length / 2) {
      const wanted = length === 0 ? size : Math.ceil((length + size) * 1.5);
      into = Buffer.allocUnsafe(Math.max(leastSize, wanted));
    }
    this.buffer.copy(into, 0, this.start, this.end);
    this.buffer = into;
    this.start = 0;
    this.end = length;
  }

  remove(bytes: number): void {
    this.start += bytes;
    if (this.start >= this.end) this.clear();
  }

  clear(): void {
    this.buffer = none;
    this.start = 0;
    this.end = 0;
  }
}
