// On the path of every request with a body.
import { initialWindow } from "./frame.ts";
import type { FrameWriter } from "./frame-writer.ts";
import type { SessionOptions } from "./session-options.ts";
import { connectionWindowOf } from "./settings.ts";
import type { SessionStream } from "./stream.ts";

/**
 * What the peer may send (RFC 9113 §5.2, §6.9). A stream's window opens as its user consumes, and grows while the user
 * keeps up, as far as a bounded amount for all streams goes. The connection's opens as bytes arrive, so that readers who
 * stand still hold up no other stream, however many they are; only what they hold above the window that everybody begins
 * with is bounded for all of them, and opens as it is consumed.
 */
export class ReceiveWindow {
  readonly #writer: FrameWriter;
  readonly #options: SessionOptions;
  /** Windows are given back in halves: a WINDOW_UPDATE for every read would be half of all frames. */
  readonly #half: number;
  /** Bytes the peer may send on the connection. */
  left: number;
  #owed = 0;
  /** Bytes users have not consumed, above what every stream may hold, and those of them whose window was not given back. */
  #excess = 0;
  #kept = 0;
  /** Bytes the windows of all streams have grown by. */
  #grown = 0;

  constructor(writer: FrameWriter, options: SessionOptions) {
    this.#writer = writer;
    this.left = connectionWindowOf(options);
    this.#half = this.left >>> 1;
    this.#options = options;
  }

  /** Bytes of DATA go to the stream's user. */
  hold(stream: SessionStream, bytes: number): void {
    const before = excessOf(stream);
    if (stream.held > 0) stream.lags = true;
    stream.held += bytes;
    const more = excessOf(stream) - before;
    this.#excess += more;
    const kept = this.#excess > this.#options.heldBytes ? more : 0;
    this.#kept += kept;
    if (bytes > kept) this.giveBack(bytes - kept);
  }

  consumed(stream: SessionStream, bytes: number): void {
    const count = Math.min(bytes, stream.held);
    this.#release(stream, count);
    this.giveBackTo(stream, count);
  }

  /** A stream's own window; bytes that never went to the user too (padding). */
  giveBackTo(stream: SessionStream, bytes: number): void {
    // What will not come needs no window.
    if (stream.remoteEnded) return;
    stream.owed += bytes;
    const { windowSize } = stream;
    if (stream.owed < windowSize >>> 1) return;
    this.#grow(stream);
    const wider = stream.owed + stream.windowSize - windowSize;
    this.#writer.windowUpdate(stream.id, wider);
    stream.receiveWindow += wider;
    stream.owed = 0;
  }

  /** Doubles a window whose user took everything at once. */
  #grow(stream: SessionStream): void {
    const { grownWindow, heldBytes } = this.#options;
    const { windowSize } = stream;
    const wider = Math.min(windowSize, grownWindow - windowSize, heldBytes - this.#grown);
    if (wider > 0 && !stream.lags) {
      stream.windowSize += wider;
      this.#grown += wider;
    }
    stream.lags = false;
  }

  /** The stream is over, and its user consumes no more. */
  forget(stream: SessionStream): void {
    this.#release(stream, stream.held);
    this.#grown -= stream.windowSize - this.#options.streamWindow;
    stream.windowSize = this.#options.streamWindow;
  }

  #release(stream: SessionStream, bytes: number): void {
    const before = excessOf(stream);
    stream.held -= bytes;
    this.#excess -= before - excessOf(stream);
    if (this.#kept === 0) return;
    const freed = Math.min(before - excessOf(stream), this.#kept);
    this.#kept -= freed;
    this.giveBack(freed);
  }

  /** The connection's window. */
  giveBack(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed < this.#half) return;
    this.#writer.windowUpdate(0, this.#owed);
    this.left += this.#owed;
    this.#owed = 0;
  }
}

/** What a stream holds above the window that everybody begins with. */
function excessOf({ held }: SessionStream): number {
  return Math.max(0, held - initialWindow);
}
