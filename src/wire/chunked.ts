// On the path of bodies in chunks.
import { readFieldLine } from "./fields.ts";
import { forbiddenInTrailers } from "./trailers.ts";

/** Takes the data of a chunked body, a piece at a time. */
export interface ChunkSink {
  data(bytes: Buffer, start: number, end: number): void;
}

const states = { size: 0, extension: 1, sizeEnd: 2, data: 3, dataEnd: 4, dataLineEnd: 5, trailer: 6, done: 7 } as const;
/** Bytes of one chunk's extensions. */
const mostExtension = 1024;
/** Bytes of extensions beyond those of data before them: no signature of a chunk is as long as what it signs. */
const mostExcess = 16_384;
/** Bytes and fields of the trailers. */
const mostTrailers = 8192;
const mostTrailerFields = 100;

const token = "[\\w!#$%&'*+.^`|~-]+";
const quoted = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
/** What stands behind the first semicolon of a chunk's line (RFC 9112 §7.1.1). */
const extensions = new RegExp(
  `^[\\t ]*${token}(?:[\\t ]*=[\\t ]*(?:${token}|${quoted}))?` +
    `(?:[\\t ]*;[\\t ]*${token}(?:[\\t ]*=[\\t ]*(?:${token}|${quoted}))?)*$`,
);
const none: readonly string[] = Object.freeze([]);

/**
 * Reads a chunked body (RFC 9112 §7.1) in any cuts, strictly: CRLF only, sizes of hexadecimal digits only.
 * Extensions are bounded and dropped; trailers are bounded and kept, but for those that must stand in a head.
 */
export class ChunkReader {
  #state: number = states.size;
  #size = 0;
  #digits = 0;
  #left = 0;
  /** Bytes of extensions or trailers so far. */
  #extra = 0;
  #excess = 0;
  /** The present line of extensions or trailers. */
  #line = "";
  #carriage = false;
  #trailerFields = 0;
  #trailers: string[] | undefined = undefined;
  failed = false;

  /** Once done: name, value, name, value … of the trailers a peer may be given. Never part of the head (RFC 9110 §6.5). */
  get trailers(): readonly string[] {
    return this.#trailers ?? none;
  }

  get done(): boolean {
    return this.#state === states.done;
  }

  /** Returns the position behind the body, or `end` when it goes on; stops at once on a fault (`failed`). */
  read(bytes: Buffer, start: number, end: number, sink: ChunkSink): number {
    let at = start;
    while (at < end) {
      if (this.#state === states.data) {
        const take = Math.min(this.#left, end - at);
        sink.data(bytes, at, at + take);
        this.#left -= take;
        this.#excess = Math.max(0, this.#excess - take);
        at += take;
        if (this.#left === 0) this.#state = states.dataEnd;
        continue;
      }
      if (!this.#step(bytes[at] ?? 0)) {
        this.failed = true;
        return at;
      }
      at += 1;
      if (this.#state === states.done) return at;
    }
    return at;
  }

  /** Takes one byte outside of data; false on a fault. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case states.size:
        return this.#readSize(byte);
      case states.extension:
        if (byte === 13) {
          this.#state = states.sizeEnd;
          return extensions.test(this.#line);
        }
        this.#excess += 1;
        return this.#excess <= mostExcess && this.#keep(byte, mostExtension);
      case states.sizeEnd:
        if (byte !== 10) return false;
        return this.#begin();
      case states.dataEnd:
        this.#state = states.dataLineEnd;
        return byte === 13;
      case states.dataLineEnd:
        this.#state = states.size;
        return byte === 10;
      default:
        return this.#readTrailer(byte);
    }
  }

  #readSize(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#size = this.#size * 16 + digit;
      this.#digits += 1;
      // 13 digits stay below 2^53.
      return this.#digits <= 13;
    }
    if (this.#digits === 0) return false;
    if (byte === 13) this.#state = states.sizeEnd;
    else if (byte === 59) this.#state = states.extension;
    else return false;
    return true;
  }

  #begin(): boolean {
    this.#left = this.#size;
    this.#state = this.#size === 0 ? states.trailer : states.data;
    this.#size = 0;
    this.#digits = 0;
    this.#extra = 0;
    this.#line = "";
    return true;
  }

  /** Takes one byte of a bounded line that is looked at as a whole. */
  #keep(byte: number, most: number): boolean {
    if ((byte < 32 && byte !== 9) || byte === 127) return false;
    this.#line += String.fromCharCode(byte);
    this.#extra += 1;
    return this.#extra <= most;
  }

  #readTrailer(byte: number): boolean {
    if (!this.#carriage) {
      if (byte !== 13) return this.#keep(byte, mostTrailers);
      this.#carriage = true;
      return true;
    }
    if (byte !== 10) return false;
    this.#carriage = false;
    const line = this.#line;
    this.#line = "";
    if (line !== "") return this.#keepTrailer(line);
    this.#state = states.done;
    return true;
  }

  #keepTrailer(line: string): boolean {
    this.#trailerFields += 1;
    const fields = (this.#trailers ??= []);
    if (this.#trailerFields > mostTrailerFields || !readFieldLine(line, fields)) return false;
    if (forbiddenInTrailers(fields.at(-2) ?? "")) fields.length -= 2;
    return true;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** What stands before a chunk as it is sent, and CRLF behind: our own size line, never the peer's. */
export function chunkLine(size: number): string {
  return `${size.toString(16)}\r\n`;
}

const lastChunk = "0\r\n\r\n";

/** The end of a chunked body with its trailers, if any: name, value, name, value … */
export function lastChunkWith(trailers: readonly string[] = none): string {
  if (trailers.length === 0) return lastChunk;
  let lines = "0\r\n";
  for (let index = 0; index < trailers.length; index += 2) lines += `${trailers[index]}: ${trailers[index + 1]}\r\n`;
  return `${lines}\r\n`;
}
