// On the path of every request.
import type { Fault } from "./codes.ts";
import { enhanceYourCalm } from "./codes.ts";
import type { FloodGuard } from "./flood.ts";
import { flags, frameSize, frameTypes, headSize, mostWindow, writeFrameHead, writeWord } from "./frame.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { Output } from "./output.ts";
import type { SessionLimits } from "./session-options.ts";
import type { SessionStream } from "./stream.ts";

/** Whom the sender tells. */
export interface SenderUser {
  /** There is output, after there was none. */
  pending(): void;
  /** All of this stream was written. */
  finished(stream: SessionStream): void;
  /** The peer makes us answer and does not read the answers. */
  flooded(fault: Fault): void;
}

const unreadReplies = enhanceYourCalm("answers that the peer does not read");
const unread = enhanceYourCalm("more than the peer reads");
const none: Buffer = Buffer.alloc(0);

/** Writes frames in the peer's windows, and keeps in line what does not fit yet: one frame of each stream in turn. */
export class Sender {
  readonly encoder = new HpackEncoder();
  readonly #output = new Output();
  readonly #limits: SessionLimits;
  readonly #guard: FloodGuard;
  readonly #user: SenderUser;
  /** Bytes the peer lets us send on all streams together. */
  #window = 65_535;
  /** Streams with bytes and a window of their own, waiting for the connection's window or the socket. */
  readonly #line: SessionStream[] = [];
  /** Bytes waiting on all streams. */
  #waiting = 0;
  /** The socket takes no more. */
  #blocked = false;
  /** Bytes taken from us since it does not. */
  #takenBlocked = 0;
  #replies = 0;
  #announced = false;

  constructor(user: SenderUser, guard: FloodGuard, limits: SessionLimits) {
    this.#user = user;
    this.#guard = guard;
    this.#limits = limits;
  }

  take(): Buffer | undefined {
    this.#announced = false;
    const taken = this.#output.take();
    if (!this.#blocked) this.#replies = 0;
    else this.#takenBlocked += taken?.length ?? 0;
    return taken;
  }

  block(blocked: boolean): void {
    if (blocked === this.#blocked) return;
    this.#blocked = blocked;
    this.#takenBlocked = 0;
    if (blocked) return;
    this.#replies = 0;
    this.#pump();
  }

  /** After every frame: somebody must write it, and it counts where the peer does not read. */
  #wrote(): void {
    if (!this.#announced) {
      this.#announced = true;
      this.#user.pending();
    }
    if (this.#blocked && this.#takenBlocked + this.#output.size > this.#limits.unread) this.#user.flooded(unread);
  }

  // Frames of the connection.

  bytes(frames: Buffer): void {
    const at = this.#output.reserve(frames.length);
    frames.copy(this.#output.buffer, at);
    this.#output.at = at + frames.length;
    this.#wrote();
  }

  settingsAck(): void {
    const at = this.#output.reserve(headSize);
    this.#output.at = writeFrameHead(this.#output.buffer, at, 0, frameTypes.settings, flags.ack, 0);
    this.#reply();
  }

  /** Eight bytes, copied. */
  ping(buffer: Buffer, start: number, ack: boolean): void {
    const at = this.#output.reserve(headSize + 8);
    const into = this.#output.buffer;
    const payload = writeFrameHead(into, at, 8, frameTypes.ping, ack ? flags.ack : 0, 0);
    buffer.copy(into, payload, start, start + 8);
    this.#output.at = payload + 8;
    if (ack) this.#reply();
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
    this.#reply();
  }

  #word(type: number, id: number, value: number): void {
    const at = this.#output.reserve(headSize + 4);
    this.#output.at = writeWord(this.#output.buffer, writeFrameHead(this.#output.buffer, at, 4, type, 0, id), value);
  }

  #reply(): void {
    this.#replies += 1;
    if (this.#replies > this.#limits.unreadReplies) this.#user.flooded(unreadReplies);
    this.#wrote();
  }

  // Frames of streams.

  head(stream: SessionStream, fields: readonly string[], end: boolean): void {
    this.#block(stream.id, fields, end);
    if (end) this.#end(stream);
  }

  trailers(stream: SessionStream, fields: readonly string[]): void {
    stream.localEnded = true;
    if (stream.waiting.length > 0) stream.waitingTrailers = fields;
    else this.head(stream, fields, true);
  }

  end(stream: SessionStream): void {
    stream.localEnded = true;
    if (stream.waiting.length > 0) return;
    this.#frame(stream, none, 0, 0, true);
    this.#end(stream);
  }

  #end(stream: SessionStream): void {
    stream.localEnded = true;
    stream.finished = true;
    this.#user.finished(stream);
  }

  #block(id: number, fields: readonly string[], end: boolean): void {
    const output = this.#output;
    const at = output.reserve(headSize + this.encoder.sizeBound(fields));
    const stop = this.encoder.encode(fields, output.buffer, at + headSize);
    const size = stop - at - headSize;
    const endBit = end ? flags.endStream : 0;
    if (size <= frameSize) {
      writeFrameHead(output.buffer, at, size, frameTypes.headers, endBit | flags.endHeaders, id);
      output.at = stop;
    } else this.#continued(id, Buffer.from(output.buffer.subarray(at + headSize, stop)), endBit);
    this.#guard.useful();
    this.#wrote();
  }

  /** A block too large for one frame. */
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

  data(stream: SessionStream, buffer: Buffer, start: number, end: number, last: boolean): boolean {
    let at = start;
    if (stream.waiting.length === 0 && this.#line.length === 0 && !this.#blocked) {
      while (at < end) {
        const size = Math.min(end - at, frameSize, this.#window, stream.sendWindow);
        if (size <= 0) break;
        this.#frame(stream, buffer, at, at + size, last && at + size === end);
        at += size;
      }
    }
    if (at === end && stream.waiting.length === 0) {
      if (last && start === end) this.end(stream);
      else if (last) this.#end(stream);
      return true;
    }
    stream.localEnded = last;
    return this.#wait(stream, buffer, at, end);
  }

  #wait(stream: SessionStream, buffer: Buffer, start: number, end: number): boolean {
    stream.waiting.add(buffer, start, end);
    this.#waiting += end - start;
    this.#enterLine(stream);
    const { streamWaiting, sessionWaiting } = this.#limits;
    // Who said the end need not hear of room.
    if (stream.localEnded) return true;
    stream.paused ||= stream.waiting.length > streamWaiting || this.#waiting > sessionWaiting;
    return !stream.paused;
  }

  #enterLine(stream: SessionStream): void {
    if (stream.inLine || stream.waiting.length === 0 || stream.sendWindow <= 0) return;
    stream.inLine = true;
    this.#line.push(stream);
  }

  /** One DATA frame; the windows allow it. */
  #frame(stream: SessionStream, buffer: Buffer, start: number, end: number, last: boolean): void {
    const size = end - start;
    const output = this.#output;
    const at = output.reserve(headSize + size);
    const payload = writeFrameHead(output.buffer, at, size, frameTypes.data, last ? flags.endStream : 0, stream.id);
    buffer.copy(output.buffer, payload, start, end);
    output.at = payload + size;
    this.#window -= size;
    stream.sendWindow -= size;
    this.#guard.useful();
    this.#wrote();
  }

  /** Writes what is in line, a frame of each stream in turn, as far as the connection's window goes. */
  #pump(): void {
    const line = this.#line;
    while (line.length > 0 && this.#window > 0 && !this.#blocked) {
      const stream = line.shift();
      if (!stream) return;
      stream.inLine = false;
      if (stream.closed || stream.sendWindow <= 0) continue;
      this.#next(stream);
    }
  }

  /** Writes one frame of what waits on a stream. */
  #next(stream: SessionStream): void {
    const { waiting } = stream;
    const size = Math.min(waiting.length, frameSize, this.#window, stream.sendWindow);
    const rest = waiting.length - size;
    const ends = rest === 0 && stream.localEnded && !stream.waitingTrailers;
    this.#frame(stream, waiting.buffer, waiting.start, waiting.start + size, ends);
    if (stream.closed) return;
    waiting.remove(size);
    this.#waiting -= size;
    this.#enterLine(stream);
    if (rest === 0 && stream.waitingTrailers) this.head(stream, stream.waitingTrailers, true);
    else if (ends) this.#end(stream);
    else if (stream.paused && !stream.localEnded) this.#resume(stream);
  }

  #resume(stream: SessionStream): void {
    const { streamWaiting, sessionWaiting } = this.#limits;
    const { length } = stream.waiting;
    // With half of it gone, the user can fill up before the rest is.
    if (length > 0 && (length > streamWaiting / 2 || this.#waiting > sessionWaiting)) return;
    stream.paused = false;
    stream.user.drained();
  }

  /** The stream is over: what waits will not be sent. */
  forget(stream: SessionStream): void {
    this.#waiting -= stream.waiting.length;
    stream.waiting.clear();
    stream.waitingTrailers = undefined;
  }

  // Windows.

  /** WINDOW_UPDATE of the connection; false: above 2^31-1. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    if (this.#window > mostWindow) return false;
    this.#pump();
    return true;
  }

  /** WINDOW_UPDATE of a stream, or a new initial window (then it may shrink); false: above 2^31-1. */
  widenStream(stream: SessionStream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > mostWindow) return false;
    this.#enterLine(stream);
    this.#pump();
    return true;
  }
}
