// On the path of every request with a body.
import type { FrameWriter } from "./frame-writer.ts";
import type { SessionOptions } from "./session-options.ts";
import { connectionWindowOf } from "./settings.ts";
import type { SessionStream } from "./stream.ts";

/**
 * What the peer may send (RFC 9113 §5.2, §6.9). A stream's window opens as its user consumes. The connection's opens as
 * bytes arrive, so that a reader who stands still holds up no other stream; only where more than a bounded amount is held
 * for all of them, it opens as bytes are consumed too.
 */
export class ReceiveWindow {
  readonly #writer: FrameWriter;
  readonly #mostHeld: number;
  /** Windows are given back in halves: a WINDOW_UPDATE for every read would be half of all frames. */
  readonly #half: number;
  readonly #streamHalf: number;
  /** Bytes the peer may send on the connection. */
  left: number;
  #owed = 0;
  /** Bytes users have not consumed, and those of them whose window was not given back. */
  #held = 0;
  #kept = 0;

  constructor(writer: FrameWriter, options: SessionOptions) {
    this.#writer = writer;
    this.left = connectionWindowOf(options);
    this.#half = this.left >>> 1;
    this.#streamHalf = options.streamWindow >>> 1;
    this.#mostHeld = options.heldBytes;
  }

  /** Bytes of DATA go to the stream's user. */
  hold(stream: SessionStream, bytes: number): void {
    stream.held += bytes;
    this.#held += bytes;
    if (this.#held > this.#mostHeld) this.#kept += bytes;
    else this.giveBack(bytes);
  }

  consumed(stream: SessionStream, bytes: number): void {
    const count = Math.min(bytes, stream.held);
    stream.held -= count;
    this.#release(count);
    this.giveBackTo(stream, count);
  }

  /** A stream's own window; bytes that never went to the user too (padding). */
  giveBackTo(stream: SessionStream, bytes: number): void {
    // What will not come needs no window.
    if (stream.remoteEnded) return;
    stream.owed += bytes;
    if (stream.owed < this.#streamHalf) return;
    this.#writer.windowUpdate(stream.id, stream.owed);
    stream.receiveWindow += stream.owed;
    stream.owed = 0;
  }

  /** The stream is over, and its user consumes no more. */
  forget(stream: SessionStream): void {
    this.#release(stream.held);
    stream.held = 0;
  }

  #release(bytes: number): void {
    this.#held -= bytes;
    if (this.#kept === 0) return;
    const freed = Math.min(bytes, this.#kept);
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
