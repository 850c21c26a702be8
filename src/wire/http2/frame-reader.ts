// On the path of every request.
import { protocolError, type Fault } from "./codes.ts";
import { flags, headSize, preface, readWord31 } from "./frame.ts";

/** What becomes of a frame's payload. */
export const takes = { whole: 0, pieces: 1, nothing: 2 } as const;
export type Takes = (typeof takes)[keyof typeof takes];

/** Whom the reader tells. The frame's head is in the reader's fields. */
export interface FrameUser {
  /** Nothing more is read. */
  readonly failed: boolean;
  /** A frame began. */
  began(type: number, flagBits: number, id: number, length: number): Takes;
  /** A frame, in full. */
  whole(type: number, flagBits: number, id: number, buffer: Buffer, start: number, end: number): void;
  /** A frame taken in pieces: how many bytes of data will come, and how many of padding. */
  measured(data: number, padding: number): void;
  piece(buffer: Buffer, start: number, end: number): void;
  /** All pieces and the padding came. */
  pieced(): void;
  broken(fault: Fault): void;
}

const states = { preface: 0, head: 1, whole: 2, padLength: 3, data: 4, padding: 5, nothing: 6 } as const;
const notHttp2 = protocolError("the client's preface is not HTTP/2's");
const padTooLong = protocolError("padding as long as the frame or longer");
const none: Buffer = Buffer.alloc(0);

/**
 * Cuts bytes that come in any pieces into frames. Data goes on as it comes; other frames that are not complete are kept,
 * each at most a frame long.
 */
export class FrameReader {
  readonly #user: FrameUser;
  #state: number;
  /** The present frame's head. */
  #length = 0;
  #type = 0;
  #flags = 0;
  #id = 0;
  /** Bytes of data or of what is passed over, and of padding, still to come. */
  #left = 0;
  #padding = 0;
  /** A head or a frame that is not complete, and how much of it there is. */
  #kept = none;
  #filled = 0;

  constructor(user: FrameUser, withPreface: boolean) {
    this.#user = user;
    this.#state = withPreface ? states.preface : states.head;
  }

  /** A frame other than DATA, the head of any, or the preface has begun and is not complete. */
  get midFrame(): boolean {
    return this.#filled > 0 || this.#state === states.whole;
  }

  read(buffer: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && !this.#user.failed) at = this.#step(buffer, at, end);
  }

  #step(buffer: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case states.head:
        return this.#readHead(buffer, at, end);
      case states.data:
        return this.#readData(buffer, at, end);
      case states.whole:
        return this.#readWhole(buffer, at, end);
      case states.padLength:
        return this.#readPadLength(buffer[at] ?? 0, at + 1);
      case states.preface:
        return this.#readPreface(buffer, at, end);
      default:
        return this.#pass(at, end);
    }
  }

  #readPreface(buffer: Buffer, start: number, end: number): number {
    const take = Math.min(end - start, preface.length - this.#filled);
    if (preface.compare(buffer, start, start + take, this.#filled, this.#filled + take) !== 0) {
      this.#user.broken(notHttp2);
      return end;
    }
    this.#filled += take;
    if (this.#filled === preface.length) this.#expectHead();
    return start + take;
  }

  #expectHead(): void {
    this.#state = states.head;
    this.#kept = none;
    this.#filled = 0;
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    if (this.#filled === 0 && end - start >= headSize) return this.#begin(buffer, start, start + headSize, end);
    if (this.#filled === 0) this.#kept = Buffer.allocUnsafe(headSize);
    const at = this.#fill(buffer, start, end, headSize);
    if (this.#filled < headSize) return at;
    const head = this.#kept;
    this.#expectHead();
    return this.#begin(head, 0, at, end, buffer);
  }

  /** Copies up to `size` bytes together. */
  #fill(buffer: Buffer, start: number, end: number, size: number): number {
    const take = Math.min(end - start, size - this.#filled);
    buffer.copy(this.#kept, this.#filled, start, start + take);
    this.#filled += take;
    return start + take;
  }

  /** `headAt`: of the head in `headIn`; `at`: of the payload in `buffer`. */
  #begin(headIn: Buffer, headAt: number, at: number, end: number, buffer = headIn): number {
    const word = headIn.readUInt32BE(headAt);
    const length = word >>> 8;
    const type = word & 0xff;
    const flagBits = headIn[headAt + 4] ?? 0;
    const id = readWord31(headIn, headAt + 5);
    const how = this.#user.began(type, flagBits, id, length);
    if (this.#user.failed) return end;
    if (how === takes.whole && end - at >= length) {
      this.#user.whole(type, flagBits, id, buffer, at, at + length);
      return at + length;
    }
    this.#length = length;
    this.#type = type;
    this.#flags = flagBits;
    this.#id = id;
    if (how === takes.whole) {
      this.#kept = Buffer.allocUnsafe(length);
      this.#state = states.whole;
    } else if (how === takes.nothing) {
      this.#left = length;
      this.#state = length === 0 ? states.head : states.nothing;
    } else if ((flagBits & flags.padded) === 0) this.#measure(length, 0, 0);
    else this.#state = states.padLength;
    return at;
  }

  #readWhole(buffer: Buffer, start: number, end: number): number {
    const at = this.#fill(buffer, start, end, this.#length);
    if (this.#filled === this.#length) {
      const frame = this.#kept;
      this.#expectHead();
      this.#user.whole(this.#type, this.#flags, this.#id, frame, 0, this.#length);
    }
    return at;
  }

  #readPadLength(padding: number, at: number): number {
    if (padding >= this.#length) this.#user.broken(padTooLong);
    else this.#measure(this.#length - 1 - padding, padding, padding + 1);
    return at;
  }

  #measure(data: number, padding: number, overhead: number): void {
    this.#left = data;
    this.#padding = padding;
    this.#state = states.data;
    this.#user.measured(data, overhead);
    if (data === 0) this.#dataEnded();
  }

  #readData(buffer: Buffer, start: number, end: number): number {
    const stop = start + Math.min(this.#left, end - start);
    this.#left -= stop - start;
    this.#user.piece(buffer, start, stop);
    if (this.#left === 0) this.#dataEnded();
    return stop;
  }

  #dataEnded(): void {
    this.#state = this.#padding > 0 ? states.padding : states.head;
    if (this.#padding === 0) this.#user.pieced();
  }

  /** Padding, and frames that nobody reads. */
  #pass(start: number, end: number): number {
    const padding = this.#state === states.padding;
    const left = padding ? this.#padding : this.#left;
    const take = Math.min(left, end - start);
    if (padding) this.#padding -= take;
    else this.#left -= take;
    if (take === left) {
      this.#state = states.head;
      if (padding) this.#user.pieced();
    }
    return start + take;
  }
}
