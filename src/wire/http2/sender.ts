// On the path of every request.
import type { FloodGuard } from "./flood.ts";
import { frameSize, initialWindow, mostWindow } from "./frame.ts";
import type { FrameWriter } from "./frame-writer.ts";
import type { SessionLimits } from "./session-options.ts";
import type { SessionStream } from "./stream.ts";

/** Whom the sender tells. */
export interface SenderUser {
  /** All of this stream was written. */
  finished(stream: SessionStream): void;
}

const none: Buffer = Buffer.alloc(0);

/** Sends what streams say, in the peer's windows, and keeps in line what does not fit yet: one frame of each in turn. */
export class Sender {
  readonly #writer: FrameWriter;
  readonly #limits: SessionLimits;
  readonly #guard: FloodGuard;
  readonly #user: SenderUser;
  /** Bytes the peer lets us send on all streams together. */
  #window = initialWindow;
  /** Streams with bytes and a window of their own, waiting for the connection's window or the next write. */
  readonly #line: SessionStream[] = [];
  /** Bytes waiting on all streams. */
  #waiting = 0;

  constructor(writer: FrameWriter, user: SenderUser, guard: FloodGuard, limits: SessionLimits) {
    this.#writer = writer;
    this.#user = user;
    this.#guard = guard;
    this.#limits = limits;
  }

  take(): Buffer | undefined {
    const writer = this.#writer;
    if (this.#line.length === 0) return writer.take();
    writer.awaited();
    this.#pump();
    const taken = writer.take();
    if (this.#line.length > 0 && this.#window > 0 && !writer.blocked) writer.announce();
    return taken;
  }

  block(blocked: boolean): void {
    if (blocked === this.#writer.blocked) return;
    this.#writer.block(blocked);
    this.#pump();
  }

  // What streams say.

  head(stream: SessionStream, fields: readonly string[], end: boolean): void {
    this.#guard.useful();
    this.#writer.fields(stream.id, fields, end);
    if (end) this.#end(stream);
  }

  trailers(stream: SessionStream, fields: readonly string[]): void {
    if (fields.length === 0) return this.end(stream);
    stream.localEnded = true;
    if (stream.waiting.length > 0) stream.waitingTrailers = fields;
    else this.head(stream, fields, true);
  }

  end(stream: SessionStream): void {
    stream.localEnded = true;
    if (stream.waiting.length > 0) return;
    this.#writer.data(stream.id, none, 0, 0, true);
    this.#end(stream);
  }

  #end(stream: SessionStream): void {
    stream.localEnded = true;
    stream.finished = true;
    this.#user.finished(stream);
  }

  data(stream: SessionStream, buffer: Buffer, start: number, end: number, last: boolean): boolean {
    let at = start;
    if (stream.waiting.length === 0 && this.#line.length === 0) {
      while (at < end && !this.#writer.full) {
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

  /** One DATA frame; the windows allow it. */
  #frame(stream: SessionStream, buffer: Buffer, start: number, end: number, last: boolean): void {
    this.#window -= end - start;
    stream.sendWindow -= end - start;
    this.#guard.useful();
    this.#writer.data(stream.id, buffer, start, end, last);
  }

  // What waits.

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

  /** Writes what is in line, a frame of each stream in turn, as far as the connection's window and one write go. */
  #pump(): void {
    const line = this.#line;
    while (line.length > 0 && this.#window > 0 && !this.#writer.full) {
      const stream = line.shift();
      if (!stream) return;
      stream.inLine = false;
      if (!stream.closed && stream.sendWindow > 0) this.#next(stream);
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
