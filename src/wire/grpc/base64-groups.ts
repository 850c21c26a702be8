// On the path of answers of gRPC-Web.

/** Writes base64 of bytes that come in pieces; at most two of them wait for the rest of their group. */
export class Base64Groups {
  readonly #waiting = Buffer.allocUnsafe(3);
  #count = 0;

  write(buffer: Buffer, start: number, end: number): string {
    let at = start;
    let text = "";
    if (this.#count > 0) {
      while (this.#count < 3 && at < end) this.#waiting[this.#count++] = buffer[at++] ?? 0;
      if (this.#count < 3) return "";
      text = this.end();
    }
    const whole = end - ((end - at) % 3);
    text += buffer.toString("base64", at, whole);
    for (at = whole; at < end; at += 1) this.#waiting[this.#count++] = buffer[at] ?? 0;
    return text;
  }

  /** The last group, filled up. */
  end(): string {
    const text = this.#waiting.toString("base64", 0, this.#count);
    this.#count = 0;
    return text;
  }
}
