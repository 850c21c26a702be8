// On the path of requests of gRPC-Web.

/** Six bits of each character; 64: padding, 255: no character of base64 (RFC 4648 §4). */
const values = new Uint8Array(256).fill(255);
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let value = 0; value < letters.length; value += 1) values[letters.charCodeAt(value)] = value;
const padding = 64;
values["=".charCodeAt(0)] = padding;

/** Reads base64 that comes in pieces. A padded group may be followed by another: each message may be written for itself. */
export class Base64Reader {
  /** Characters of a group not yet whole. */
  readonly #group = new Uint8Array(4);
  #count = 0;

  /** All groups are whole. */
  get whole(): boolean {
    return this.#count === 0;
  }

  /** Undefined: it is none. */
  read(buffer: Buffer, start: number, end: number): Buffer | undefined {
    const bytes = Buffer.allocUnsafe(Math.floor((this.#count + end - start) / 4) * 3);
    let length = 0;
    for (let at = start; at < end; at += 1) {
      const value = values[buffer[at] ?? 0] ?? 255;
      if (value === 255) return undefined;
      this.#group[this.#count++] = value;
      if (this.#count < 4) continue;
      this.#count = 0;
      const took = this.#unpack(bytes, length);
      if (took === 0) return undefined;
      length += took;
    }
    return bytes.subarray(0, length);
  }

  /** Writes the bytes of a whole group; how many they are, 0: none that base64 could mean. */
  #unpack(into: Buffer, at: number): number {
    const [a = padding, b = padding, c = padding, d = padding] = this.#group;
    if (a === padding || b === padding) return 0;
    into[at] = (a << 2) | (b >> 4);
    // Bits that mean nothing are zero: there is one way to write each byte.
    if (c === padding) return d === padding && (b & 15) === 0 ? 1 : 0;
    into[at + 1] = ((b & 15) << 4) | (c >> 2);
    if (d === padding) return (c & 3) === 0 ? 2 : 0;
    into[at + 2] = ((c & 3) << 6) | d;
    return 3;
  }
}
