// On the path of bodies in chunks.

/** Takes the data of a chunked body, a piece at a time. */
export interface ChunkSink {
  data(bytes: Buffer, start: number, end: number): void;
}

const states = { size: 0, extension: 1, sizeEnd: 2, data: 3, dataEnd: 4, dataLineEnd: 5, trailer: 6, done: 7 } as const;
const mostExtension = 1024;
const mostTrailers = 8192;

/**
 * Reads a chunked body (RFC 9112 §7.1) in any cuts, strictly: CRLF only, sizes of hexadecimal digits only.
 * Extensions and trailers are bounded and dropped.
 */
export class ChunkReader {
  #state: number = states.size;
  #size = 0;
  #digits = 0;
  #left = 0;
  /** Bytes of extensions or trailers so far. */
  #extra = 0;
  /** Bytes of the present trailer line; -1: a CR came and must be followed by LF. */
  #line = 0;
  #carriage = false;
  failed = false;

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
        if (byte === 13) this.#state = states.sizeEnd;
        else if ((byte < 32 && byte !== 9) || byte === 127) return false;
        return ++this.#extra <= mostExtension;
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
    this.#line = 0;
    this.#carriage = false;
    return true;
  }

  #readTrailer(byte: number): boolean {
    this.#extra += 1;
    if (this.#extra > mostTrailers) return false;
    if (this.#carriage) {
      if (byte !== 10) return false;
      this.#carriage = false;
      if (this.#line === 0) this.#state = states.done;
      this.#line = 0;
      return true;
    }
    if (byte === 13) {
      this.#carriage = true;
      return true;
    }
    if ((byte < 32 && byte !== 9) || byte === 127) return false;
    this.#line += 1;
    return true;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** One chunk as it is sent: our own size line, never the peer's. */
export function chunkOf(bytes: Buffer, start: number, end: number): Buffer {
  const line = `${(end - start).toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(line.length + (end - start) + 2);
  chunk.latin1Write(line, 0);
  bytes.copy(chunk, line.length, start, end);
  chunk[chunk.length - 2] = 13;
  chunk[chunk.length - 1] = 10;
  return chunk;
}

export const lastChunk = "0\r\n\r\n";
