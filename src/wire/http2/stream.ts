// On the path of every request.
import { ByteQueue } from "./byte-queue.ts";
import { http2Codes } from "./codes.ts";
import type { ReceiveWindow } from "./receive-window.ts";
import type { Sender } from "./sender.ts";
import type { Http2Stream, StreamUser } from "./users.ts";

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly sender: Sender;
  readonly receiveWindow: ReceiveWindow;
  /** The peer broke a rule of this stream: RST_STREAM, and its user is told. */
  streamError(stream: SessionStream, code: number): void;
  /** The user gives it up. */
  userReset(stream: SessionStream, code: number): void;
}

const nobody: StreamUser = {
  head: () => undefined,
  data: () => undefined,
  ended: () => undefined,
  reset: () => undefined,
  drained: () => undefined,
};

/** One stream's state. The fields behind the methods belong to the session's own parts. */
export class SessionStream implements Http2Stream {
  readonly id: number;
  readonly #connection: StreamOwner;
  user: StreamUser = nobody;

  /** The peer's END_STREAM came. */
  remoteEnded = false;
  /** Our user said the end. */
  localEnded = false;
  /** END_STREAM was written. */
  finished = false;
  closed = false;
  /** The head that counts came: on a client, one that is not interim. */
  headCame = false;
  /** When the peer opened it, in milliseconds of the session's clock. */
  openedAt = 0;

  /** Bytes the peer lets us send, which may be below zero (§6.9.2), and what waits for that. */
  sendWindow: number;
  readonly waiting = new ByteQueue();
  waitingTrailers: readonly string[] | undefined = undefined;
  /** It stands in the sender's line for the connection's window. */
  inLine = false;
  /** `data` returned false, and `drained` was not called since. */
  paused = false;
  /** RST_STREAM with NO_ERROR follows the end. */
  resetAfterwards = false;

  /** Bytes the peer may send, bytes given to the user and not consumed, and bytes consumed and not yet given back. */
  receiveWindow: number;
  held = 0;
  owed = 0;
  /** What the window is when nothing is on its way or held, and whether the user took less than all of late. */
  windowSize: number;
  lags = false;
  /** Bytes of DATA announced (-1: not said) and received. */
  expected = -1;
  received = 0;

  constructor(id: number, connection: StreamOwner, sendWindow: number, receiveWindow: number, windowSize: number) {
    this.id = id;
    this.#connection = connection;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
    this.windowSize = windowSize;
  }

  get unsent(): number {
    return this.waiting.length;
  }

  head(fields: readonly string[], end: boolean): void {
    if (this.closed || this.localEnded) return;
    this.#connection.sender.head(this, fields, end);
  }

  data(buffer: Buffer, start: number, end: number, last: boolean): boolean {
    if (this.closed || this.localEnded) return true;
    return this.#connection.sender.data(this, buffer, start, end, last);
  }

  trailers(fields: readonly string[]): void {
    if (this.closed || this.localEnded) return;
    this.#connection.sender.trailers(this, fields);
  }

  end(): void {
    if (this.closed || this.localEnded) return;
    this.#connection.sender.end(this);
  }

  reset(code: number): void {
    if (this.closed) return;
    if (code === http2Codes.noError && this.localEnded && !this.finished) this.resetAfterwards = true;
    else this.#connection.userReset(this, code);
  }

  consumed(bytes: number): void {
    if (!this.closed) this.#connection.receiveWindow.consumed(this, bytes);
  }

  expect(length: number): boolean {
    this.expected = length;
    if (this.closed || length < 0) return !this.closed;
    if (this.received <= length && (!this.remoteEnded || this.received === length)) return true;
    this.#connection.streamError(this, http2Codes.protocolError);
    return false;
  }
}
