// On the path of every request.
import { enhanceYourCalm, type Fault } from "./codes.ts";
import { flags, frameSize, frameTypes, headSize, writeFrameHead, writeWord } from "./frame.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { Output } from "./output.ts";
import type { SessionLimits } from "./session-options.ts";

/** Whom the writer tells. */
export interface WriterUser {
  /** There is output, after there was none. */
  pending(): void;
  /** The peer makes us answer and does not read the answers. */
  flooded(fault: Fault): void;
}

const unreadReplies = enhanceYourCalm("answers that the peer does not read");
const unread = enhanceYourCalm("more than the peer reads");

/** Writes frames one behind another, and counts what the peer leaves unread. */
export class FrameWriter {
  readonly encoder = new HpackEncoder();
  readonly #output = new Output();
  readonly #user: WriterUser;
  readonly #limits: SessionLimits;
  /** The socket takes no more. */
  blocked = false;
  /** Bytes taken from us since it does not. */
  #takenBlocked = 0;
  /** Answers since the socket took all there was. */
  #replies = 0;
  #announced = false;

  constructor(user: WriterUser, limits: SessionLimits) {
    this.#user = user;
    this.#limits = limits;
  }

  /** No more DATA for now: the socket takes none, or enough for one write is there. */
  get full(): boolean {
    return this.blocked || this.#output.full;
  }

  take(): Buffer | undefined {
    const taken = this.#output.take();
    this.#announced = false;
    if (this.blocked) this.#takenBlocked += taken?.length ?? 0;
    else this.#replies = 0;
    return taken;
  }

  giveBack(): void {
    this.#output.giveBack();
  }

  block(blocked: boolean): void {
    this.blocked = blocked;
    this.#takenBlocked = 0;
    this.#replies = 0;
  }

  announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#user.pending();
  }

  /** Somebody is about to take what is written now. */
  awaited(): void {
    this.#announced = true;
  }

  /** After every frame: somebody must write it, and it counts where the peer does not read. */
  #wrote(): void {
    if (!this.#announced) this.announce();
    if (this.blocked && this.#takenBlocked + this.#output.size > this.#limits.unread) this.#user.flooded(unread);
  }

  #replied(): void {
    this.#replies += 1;
    if (this.#replies > this.#limits.unreadReplies) this.#user.flooded(unreadReplies);
    this.#wrote();
  }

  /** Frames that were made elsewhere. */
  bytes(frames: Buffer): void {
    const at = this.#output.reserve(frames.length);
    frames.copy(this.#output.buffer, at);
    this.#output.at = at + frames.length;
    this.#wrote();
  }

  settingsAck(): void {
    const at = this.#output.reserve(headSize);
    this.#output.at = writeFrameHead(this.#output.buffer, at, 0, frameTypes.settings, flags.ack, 0);
    this.#replied();
  }

  /** Eight bytes, copied. */
  ping(buffer: Buffer, start: number, ack: boolean): void {
    const at = this.#output.reserve(headSize + 8);
    const into = this.#output.buffer;
    const payload = writeFrameHead(into, at, 8, frameTypes.ping, ack ? flags.ack : 0, 0);
    buffer.copy(into, payload, start, start + 8);
    this.#output.at = payload + 8;
    if (ack) this.#replied();
    else this.#wrote();
  }

  goaway(last: number, code: number): void {
    const at = this.#output.reserve(headSize + 8);
    const into = this.#output.buffer;
    const payload = writeFrameHead(into, at, 8, frameTypes.goaway, 0, 0);
    this.#output.at = writeWord(into, writeWord(into, payload, last), code);
    this.#wrote();
  }

  windowUpdate(id: number, bytes: number): void {
    this.#word(frameTypes.windowUpdate, id, bytes);
    this.#wrote();
  }

  rstStream(id: number, code: number): void {
    this.#word(frameTypes.rstStream, id, code);
    this.#replied();
  }

  #word(type: number, id: number, value: number): void {
    const at = this.#output.reserve(headSize + 4);
    this.#output.at = writeWord(this.#output.buffer, writeFrameHead(this.#output.buffer, at, 4, type, 0, id), value);
  }

  /** One frame, at most as long as frames may be. */
  data(id: number, buffer: Buffer, start: number, end: number, last: boolean): void {
    const size = end - start;
    const output = this.#output;
    const at = output.reserve(headSize + size);
    const payload = writeFrameHead(output.buffer, at, size, frameTypes.data, last ? flags.endStream : 0, id);
    if (size > 0) buffer.copy(output.buffer, payload, start, end);
    output.at = payload + size;
    this.#wrote();
  }

  /** HEADERS, with CONTINUATION where one frame does not hold them. */
  fields(id: number, fields: readonly string[], end: boolean): void {
    const output = this.#output;
    const at = output.reserve(headSize + this.encoder.sizeBound(fields));
    const stop = this.encoder.encode(fields, output.buffer, at + headSize);
    const size = stop - at - headSize;
    const endBit = end ? flags.endStream : 0;
    if (size <= frameSize) {
      writeFrameHead(output.buffer, at, size, frameTypes.headers, endBit | flags.endHeaders, id);
      output.at = stop;
    } else this.#continued(id, Buffer.from(output.buffer.subarray(at + headSize, stop)), endBit);
    this.#wrote();
  }

  #continued(id: number, block: Buffer, endBit: number): void {
    const output = this.#output;
    for (let from = 0; from < block.length; from += frameSize) {
      const size = Math.min(frameSize, block.length - from);
      const at = output.reserve(headSize + size);
      const type = from === 0 ? frameTypes.headers : frameTypes.continuation;
      const endHeaders = from + size === block.length ? flags.endHeaders : 0;
      writeFrameHead(output.buffer, at, size, type, (from === 0 ? endBit : 0) | endHeaders, id);
      block.copy(output.buffer, at + headSize, from, from + size);
      output.at = at + headSize + size;
    }
  }
}
