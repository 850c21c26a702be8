// On the path of every request.
import type { HeadLimits } from "./limits.ts";
import { refusal, type Refusal } from "./refusal.ts";

const separator = Buffer.from("\r\n\r\n");
const empty: Buffer = Buffer.alloc(0);

/**
 * Finds the end of a head in bytes that come in any cuts. A head that arrives in one piece is not copied.
 * `read` gives the head's text (each line with its CRLF, without the empty line) and sets `position` behind it;
 * undefined: more bytes are needed, and all that were given are kept.
 */
export class HeadReader {
  readonly #limits: HeadLimits;
  #kept = empty;
  /** Where the rest begins in the bytes given last. */
  position = 0;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Bytes of a head that is not complete. */
  get waiting(): number {
    return this.#kept.length;
  }

  read(bytes: Buffer, start: number, end: number): string | Refusal | undefined {
    if (this.#kept.length > 0) return this.#readOn(bytes, start, end);
    let from = start;
    // One empty line before a message may be skipped (RFC 9112 §2.2).
    if (bytes[from] === 13 && end - from > 1 && bytes[from + 1] === 10) from += 2;
    const found = bytes.indexOf(separator, from);
    if (found === -1 || found + 4 > end) return this.#keep(bytes, from, end);
    this.position = found + 4;
    if (found - from > this.#limits.head) return refusal(431, "head-too-large");
    return bytes.latin1Slice(from, found + 2);
  }

  #keep(bytes: Buffer, start: number, end: number): Refusal | undefined {
    this.#kept = Buffer.from(bytes.subarray(start, end));
    this.position = end;
    return this.#checkWaiting(0);
  }

  #readOn(bytes: Buffer, start: number, end: number): string | Refusal | undefined {
    const before = this.#kept.length;
    // Never more than one head's worth is copied together.
    const take = Math.min(end, start + Math.max(4, this.#limits.head + 4 - before));
    let all = Buffer.concat([this.#kept, bytes.subarray(start, take)]);
    let cut = 0;
    if (all[0] === 13 && all[1] === 10) cut = 2;
    const found = all.indexOf(separator, Math.max(cut, before - 3));
    if (found !== -1) {
      this.#kept = empty;
      this.position = start + (found + 4 - before);
      if (found - cut > this.#limits.head) return refusal(431, "head-too-large");
      return all.latin1Slice(cut, found + 2);
    }
    if (cut > 0 && all.length > 2) all = all.subarray(cut);
    this.#kept = all;
    this.position = take;
    return this.#checkWaiting(Math.max(0, before - 1));
  }

  /** What cannot become a head any more is refused before more is kept. */
  #checkWaiting(from: number): Refusal | undefined {
    const kept = this.#kept;
    if (kept.length > this.#limits.head) return this.#refuse(431, "head-too-large");
    for (let at = kept.indexOf(10, from); at !== -1; at = kept.indexOf(10, at + 1)) {
      if (at === 0 || kept[at - 1] !== 13) return this.#refuse(400, "forbidden-character");
    }
    const line = kept.indexOf(13);
    if ((line === -1 ? kept.length : line) > this.#limits.target + 64) return this.#refuse(414, "target-too-long");
    return undefined;
  }

  #refuse(status: Refusal["status"], reason: string): Refusal {
    this.#kept = empty;
    return refusal(status, reason);
  }
}
