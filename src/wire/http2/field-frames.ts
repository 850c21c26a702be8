// On the path of every request.
import { enhanceYourCalm, http2Codes, protocolError, streamClosed, type Fault } from "./codes.ts";
import type { Connection } from "./connection.ts";
import { FieldBlock } from "./field-block.ts";
import { flags, readWord31 } from "./frame.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import type { SessionStream } from "./stream.ts";
import { readTrailers } from "./trailers.ts";

const padTooLong = protocolError("padding longer than the frame");
const emptyFrames = enhanceYourCalm("empty frames of a field block one after another");
const useless = enhanceYourCalm("too many HEADERS of streams that were reset or not welcome");
const evenStream = protocolError("HEADERS on a stream that only a server may open");
const unopened = protocolError("HEADERS on a stream that we never opened");
const passedOver = protocolError("HEADERS on a stream with a number lower than one before");
const ended = streamClosed("HEADERS on a stream that is over");
const unexpected = protocolError("CONTINUATION without a field block under way");
const interimFlood = enhanceYourCalm("too many interim answers");
const undecodable: Fault = Object.freeze({
  code: http2Codes.compressionError,
  reason: "a field block that HPACK cannot read",
});

/** Reads HEADERS and CONTINUATION frames (RFC 9113 §6.2, §6.10): requests, answers and trailers. */
export class FieldFrames {
  readonly #connection: Connection;
  readonly #decoder: HpackDecoder;
  readonly #block: FieldBlock;

  constructor(connection: Connection) {
    this.#connection = connection;
    const { limits, tableSize } = connection.options;
    this.#decoder = new HpackDecoder({ tableSize, listSize: limits.fieldListSize, fields: limits.fields });
    this.#block = new FieldBlock(limits);
  }

  /** The stream whose field block is under way; until it is complete nothing else may come. 0: none. */
  get underWay(): number {
    return this.#block.id;
  }

  headers(flagBits: number, id: number, buffer: Buffer, start: number, end: number): void {
    const connection = this.#connection;
    let from = start;
    let to = end;
    if ((flagBits & flags.padded) !== 0) {
      to -= buffer[from] ?? 0;
      from += 1;
    }
    let selfDependent = false;
    if ((flagBits & flags.priority) !== 0) {
      selfDependent = readWord31(buffer, from) === id;
      from += 5;
    }
    if (from > to) return connection.fail(padTooLong);
    const misplaced = this.#misplaced(id);
    if (misplaced) return connection.fail(misplaced);
    if (connection.guard.payload(from === to && (flagBits & flags.endStream) === 0))
      return connection.fail(emptyFrames);
    if ((flagBits & flags.endHeaders) !== 0) return this.#read(flagBits, id, selfDependent, buffer, from, to);
    this.#block.begin(id, flagBits, selfDependent);
    this.#add(buffer, from, to);
  }

  continuation(flagBits: number, buffer: Buffer, start: number, end: number): void {
    const connection = this.#connection;
    const block = this.#block;
    if (block.id === 0) return connection.fail(unexpected);
    if (connection.guard.payload(start === end)) return connection.fail(emptyFrames);
    this.#add(buffer, start, end);
    if (connection.failed || (flagBits & flags.endHeaders) === 0) return;
    const { buffer: whole, length, id } = block;
    block.clear();
    this.#read(block.flags, id, block.selfDependent, whole, 0, length);
  }

  #add(buffer: Buffer, start: number, end: number): void {
    const fault = this.#block.add(buffer, start, end);
    if (fault) this.#connection.fail(fault);
  }

  /** Whether a field block may come on this stream at all. */
  #misplaced(id: number): Fault | undefined {
    const { table, role } = this.#connection;
    if (table.get(id)) return undefined;
    if ((id & 1) === 0) return evenStream;
    if (table.isIdle(id)) return role === "server" ? undefined : unopened;
    if (this.#connection.isLate(id)) return undefined;
    return table.didEnd(id) || role === "client" ? ended : passedOver;
  }

  /** Every block passes through the decoder, whatever becomes of it: its table must stay in step. */
  #read(flagBits: number, id: number, selfDependent: boolean, buffer: Buffer, start: number, end: number): void {
    const connection = this.#connection;
    const fields: string[] = [];
    const failure = this.#decoder.decode(buffer, start, end, fields);
    if (failure === "compression-error") return connection.fail(undecodable);
    const tooLarge = failure === "too-large";
    const ends = (flagBits & flags.endStream) !== 0;
    const stream = connection.table.get(id);
    if (stream) {
      if (selfDependent) connection.streamError(stream, http2Codes.protocolError);
      else if (stream.remoteEnded) connection.streamError(stream, http2Codes.streamClosed);
      else if (stream.headCame) this.#trailers(stream, fields, ends, tooLarge);
      else this.#answer(stream, fields, ends, tooLarge);
    } else if (connection.table.isIdle(id) && connection.role === "server") {
      this.#request(id, fields, ends, tooLarge, selfDependent);
    } else if (connection.guard.idle()) connection.fail(useless);
  }

  #request(id: number, fields: string[], ends: boolean, tooLarge: boolean, selfDependent: boolean): void {
    const connection = this.#connection;
    const { guard, options, table } = connection;
    table.came(id);
    if (id > connection.lastWelcome) return guard.idle() ? connection.fail(useless) : undefined;
    const time = options.now();
    guard.opened(time);
    if (selfDependent) {
      connection.refuse(id, http2Codes.protocolError);
      return connection.countReset(time);
    }
    if (table.size >= options.limits.concurrentStreams) {
      connection.refuse(id, http2Codes.refusedStream);
      return guard.idle() ? connection.fail(useless) : undefined;
    }
    guard.useful();
    table.lastTaken = id;
    const stream = connection.stream(id);
    stream.openedAt = time;
    stream.headCame = true;
    stream.remoteEnded = ends;
    const user = connection.user.opened(stream, fields, ends, tooLarge);
    if (user) stream.user = user;
    else if (!stream.localEnded) stream.reset(http2Codes.refusedStream);
  }

  #answer(stream: SessionStream, fields: string[], ends: boolean, tooLarge: boolean): void {
    const connection = this.#connection;
    const status = fields[0] === ":status" ? (fields[1] ?? "") : "";
    const interim = status.startsWith("1");
    if (tooLarge) return connection.streamError(stream, http2Codes.enhanceYourCalm);
    // 101 is of HTTP/1.1 only (RFC 9113 §8.6), and nothing ends with an interim answer (§8.1).
    if (status === "" || (interim && (ends || status === "101"))) {
      return connection.streamError(stream, http2Codes.protocolError);
    }
    if (interim) {
      if (connection.guard.idle()) return connection.fail(interimFlood);
    } else {
      connection.guard.useful();
      stream.headCame = true;
    }
    stream.remoteEnded = ends;
    stream.user.head(fields, ends);
    if (ends) connection.remoteFinished(stream);
  }

  #trailers(stream: SessionStream, fields: string[], ends: boolean, tooLarge: boolean): void {
    const connection = this.#connection;
    if (tooLarge) return connection.streamError(stream, http2Codes.enhanceYourCalm);
    const short = stream.expected >= 0 && stream.received !== stream.expected;
    const trailers = readTrailers(fields);
    if (!ends || short || !trailers) return connection.streamError(stream, http2Codes.protocolError);
    connection.guard.useful();
    stream.remoteEnded = true;
    stream.user.ended(trailers);
    connection.remoteFinished(stream);
  }
}
