// On the path of every request with a body.
import { http2Codes, enhanceYourCalm, flowControlError, protocolError, streamClosed, type Fault } from "./codes.ts";
import type { Connection } from "./connection.ts";
import { flags } from "./frame.ts";
import { takes, type Takes } from "./frame-reader.ts";
import type { SessionStream } from "./stream.ts";

const idleStream = protocolError("DATA on a stream that was never opened");
const closedStream = streamClosed("DATA on a stream that is over");
const overrun = flowControlError("more DATA than the connection's window allows");
const emptyFrames = enhanceYourCalm("empty DATA frames one after another");
const lateOverrun = flowControlError("more DATA for a stream that was reset than its window allowed");
const useless = enhanceYourCalm("empty DATA frames of streams that were reset");

/** Reads DATA frames (RFC 9113 §6.1) as their bytes come. */
export class DataFrames {
  readonly #connection: Connection;
  /** Whose data is coming; undefined: nobody's any more. */
  #stream: SessionStream | undefined;
  #ends = false;
  /** Bytes of the frame that were not given to the user, whose window goes back to the peer all the same. */
  #overhead = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  began(flagBits: number, id: number, length: number): Takes {
    const connection = this.#connection;
    const { receiveWindow } = connection;
    const stream = connection.table.get(id);
    const misplaced = stream ? undefined : this.#misplaced(id);
    if (misplaced || length > receiveWindow.left) {
      connection.fail(misplaced ?? overrun);
      return takes.nothing;
    }
    receiveWindow.left -= length;
    if (!stream) return this.#passOver(id, length);
    const code = this.#fault(stream, length);
    if (code !== http2Codes.noError) {
      receiveWindow.giveBack(length);
      connection.streamError(stream, code);
      return takes.nothing;
    }
    stream.receiveWindow -= length;
    this.#stream = stream;
    this.#ends = (flagBits & flags.endStream) !== 0;
    return takes.pieces;
  }

  /** What the peer sent before it heard that the stream is over. */
  #passOver(id: number, length: number): Takes {
    const connection = this.#connection;
    if (!connection.table.lateData(id, length)) connection.fail(lateOverrun);
    else if (length === 0 && connection.guard.idle()) connection.fail(useless);
    else connection.receiveWindow.giveBack(length);
    return takes.nothing;
  }

  #misplaced(id: number): Fault | undefined {
    if (this.#connection.table.isIdle(id)) return idleStream;
    return this.#connection.isLate(id) ? undefined : closedStream;
  }

  #fault(stream: SessionStream, length: number): number {
    if (stream.remoteEnded) return http2Codes.streamClosed;
    if (!stream.headCame) return http2Codes.protocolError;
    return length > stream.receiveWindow ? http2Codes.flowControlError : http2Codes.noError;
  }

  measured(data: number, overhead: number): void {
    const connection = this.#connection;
    const stream = this.#stream;
    if (!stream) return;
    this.#overhead = overhead;
    if (connection.guard.payload(data === 0 && !this.#ends)) return connection.fail(emptyFrames);
    if (data > 0) connection.guard.useful();
    else if (!this.#ends && connection.guard.idle()) return connection.fail(emptyFrames);
    if (stream.expected < 0 || fits(stream, data, this.#ends)) return;
    this.#stream = undefined;
    connection.receiveWindow.giveBack(data + overhead);
    connection.streamError(stream, http2Codes.protocolError);
  }

  piece(buffer: Buffer, start: number, end: number): void {
    const stream = this.#stream;
    if (!stream) return;
    const { receiveWindow } = this.#connection;
    // The user may have given the stream up between two pieces.
    if (stream.closed) return receiveWindow.giveBack(end - start);
    stream.received += end - start;
    receiveWindow.hold(stream, end - start);
    stream.user.data(buffer, start, end);
  }

  /** The frame's end. */
  pieced(): void {
    const stream = this.#stream;
    if (!stream) return;
    this.#stream = undefined;
    const connection = this.#connection;
    if (this.#overhead > 0) connection.receiveWindow.giveBack(this.#overhead);
    if (stream.closed) return;
    if (this.#ends) {
      stream.remoteEnded = true;
      stream.user.ended(undefined);
      connection.remoteFinished(stream);
    } else if (this.#overhead > 0) connection.receiveWindow.giveBackTo(stream, this.#overhead);
  }
}

/** Whether the announced length can still come true. */
function fits(stream: SessionStream, more: number, ends: boolean): boolean {
  const received = stream.received + more;
  return ends ? received === stream.expected : received <= stream.expected;
}
