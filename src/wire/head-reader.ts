// On the path of every request.
import type { HeadLimits } from "./limits.ts";
import { refusal, type Refusal } from "./refusal.ts";
import { checkRequestLine } from "./request.ts";
import { checkStatusLine } from "./response.ts";

const separator = Buffer.from("\r\n\r\n");
const empty: Buffer = Buffer.alloc(0);
/** Bytes of a start line beside its target: a method, a version, spaces. */
const besideTarget = 64;

/** Whose heads are read. Only before a request may an empty line be skipped (RFC 9112 §2.2). */
export type HeadOf = "request" | "response";

/**
 * Finds the end of a head in bytes that come in any cuts. A head that arrives in one piece is not copied.
 * `read` gives the head's text (each line with its CRLF, without the empty line) and sets `position` behind it;
 * undefined: more bytes are needed, and all that were given are kept.
 */
export class HeadReader {
  readonly #limits: HeadLimits;
  #kept = empty;
  readonly #of: HeadOf;
  /** No empty line before the present head is skipped, or no other one. */
  #skipped: boolean;
  /** Where the rest begins in the bytes given last. */
  position = 0;

  constructor(limits: HeadLimits, of: HeadOf = "request") {
    this.#limits = limits;
    this.#of = of;
    this.#skipped = of === "response";
  }

  /** Bytes of a head that is not complete. */
  get waiting(): number {
    return this.#kept.length;
  }

  read(bytes: Buffer, start: number, end: number): string | Refusal | undefined {
    if (this.#kept.length > 0) return this.#readOn(bytes, start, end);
    let from = start;
    if (bytes[from] === 13 && !this.#skipped && end - from > 1 && bytes[from + 1] === 10) {
      from += 2;
      this.#skipped = true;
    }
    const found = bytes.indexOf(separator, from);
    if (found === -1 || found + 4 > end) {
      this.#kept = Buffer.from(bytes.subarray(from, end));
      this.position = end;
      return this.#refused(this.#kept, 0);
    }
    return this.#found(bytes, from, found, found + 4);
  }

  #readOn(bytes: Buffer, start: number, end: number): string | Refusal | undefined {
    const before = this.#kept.length;
    // Never more than one head's worth is copied together: at its end it is complete or refused.
    const take = Math.min(end, start + this.#limits.head + 8 - before);
    let all = Buffer.concat([this.#kept, bytes.subarray(start, take)]);
    let known = before;
    if (!this.#skipped && all[0] === 13 && all[1] === 10) {
      this.#skipped = true;
      all = all.subarray(2);
      known = 0;
    }
    const found = all.indexOf(separator, Math.max(0, known - 3));
    if (found !== -1) {
      this.#kept = empty;
      return this.#found(all, 0, found, take - (all.length - found - 4));
    }
    this.#kept = all;
    this.position = take;
    return this.#refused(all, known);
  }

  #found(bytes: Buffer, start: number, end: number, position: number): string | Refusal {
    this.position = position;
    this.#skipped = this.#of === "response";
    // Most heads are so short that neither limit can be passed; what else is wrong with them is seen in their text.
    const small = end - start <= Math.min(this.#limits.target + besideTarget, this.#limits.head);
    const refused = small ? undefined : this.#refused(bytes.subarray(start, end + 4), 0);
    return refused ?? bytes.latin1Slice(start, end + 2);
  }

  /**
   * What cannot become a head any more is refused before more is kept or waited for. The byte that settles it
   * decides, so that the answer is the same in any cuts. `known`: bytes looked at before.
   */
  #refused(bytes: Buffer, known: number): Refusal | undefined {
    const { head, target } = this.#limits;
    const mostLine = target + besideTarget;
    const line = bytes.indexOf(13);
    const tooLong = (line === -1 ? bytes.length : line) > mostLine;
    const tooLarge = bytes.length > head + 3 && bytes.subarray(0, head + 4).indexOf(separator) === -1;
    const forbidden = firstForbidden(bytes, known);
    const settled = forbidden === -1 ? bytes.length : forbidden;
    if (tooLong && mostLine <= head + 3 && settled > mostLine) return this.#refuse(refusal(414, "target-too-long"));
    if (line !== -1 && line + 1 < settled && known <= line + 1) {
      const start = bytes.latin1Slice(0, line + 2);
      const refused = this.#of === "request" ? checkRequestLine(start, this.#limits) : checkStatusLine(start);
      if (refused) return this.#refuse(refused);
    }
    if (tooLarge && settled > head + 3) return this.#refuse(refusal(431, "head-too-large"));
    return forbidden === -1 ? undefined : this.#refuse(refusal(400, "forbidden-character"));
  }

  #refuse(refused: Refusal): Refusal {
    this.#kept = empty;
    return refused;
  }
}

/** Where a control character stands, or what follows a CR in the place of LF; -1: nowhere. */
function firstForbidden(bytes: Buffer, start: number): number {
  let carriage = start > 0 && bytes[start - 1] === 13;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (carriage) {
      if (byte !== 10) return at;
      carriage = false;
    } else if (byte === 13) carriage = true;
    else if ((byte < 32 && byte !== 9) || byte === 127) return at;
  }
  return -1;
}
