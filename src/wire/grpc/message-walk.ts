// On the path of requests of gRPC.

/** Bytes before each message: one of flags, four of length. */
const prefixLength = 5;

/** Follows the messages of one direction as their bytes go by; keeps none of them. */
export class MessageWalk {
  /** Messages begun: their length was read. */
  count = 0;
  /** Bytes of the present prefix still to come. */
  #prefix = prefixLength;
  /** Bytes of the present message still to come. */
  #left = 0;

  /** Nothing of a message is outstanding. */
  get between(): boolean {
    return this.#prefix === prefixLength;
  }

  /** Goes on to the end of the present message, or of the bytes; returns where that is. */
  next(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (this.#prefix > 0) {
      if (at === end) return end;
      if (this.#prefix < prefixLength) this.#left = this.#left * 256 + (buffer[at] ?? 0);
      at += 1;
      this.#prefix -= 1;
      if (this.#prefix === 0) this.count += 1;
    }
    const taken = Math.min(end - at, this.#left);
    this.#left -= taken;
    if (this.#left === 0) this.#prefix = prefixLength;
    return at + taken;
  }

  /** Goes on to the end of the bytes. */
  read(buffer: Buffer, start: number, end: number): void {
    for (let at = start; at < end;) at = this.next(buffer, at, end);
  }
}
