// On the path of every request.
import { enhanceYourCalm, flowControlError, http2Codes, frameSizeError, protocolError, type Fault } from "./codes.ts";
import type { Connection } from "./connection.ts";
import { DataFrames } from "./data-frames.ts";
import { FieldFrames } from "./field-frames.ts";
import { flags, frameTypes, mostStreamId, readWord31 } from "./frame.ts";
import { takes, type FrameUser, type Takes } from "./frame-reader.ts";
import { headFault } from "./frame-rules.ts";
import type { Pings } from "./pings.ts";

const flood = enhanceYourCalm("too many frames that bring nothing");
const noSettings = protocolError("the first frame is not SETTINGS");
const interrupted = protocolError("another frame within a field block");
const idleStream = protocolError("a frame on a stream that was never opened");
const unaskedAck = protocolError("SETTINGS acknowledged that were not sent");
const emptyUpdate = protocolError("WINDOW_UPDATE of 0 on the connection");
const windowTooLarge = flowControlError("the connection's window above 2^31-1");
const streamWindowTooLarge = flowControlError("a stream's window above 2^31-1 by new settings");
const goawayRises = protocolError("GOAWAY with a stream above the one before");
const goawayForeign = protocolError("GOAWAY with a stream that we cannot open");
const selfDependent = protocolError("PRIORITY of a stream that depends on itself");
const prioritySize = frameSizeError("PRIORITY of another size than 5");

/** What each frame of the peer does (RFC 9113 §6). */
export class Incoming implements FrameUser {
  readonly #connection: Connection;
  readonly #data: DataFrames;
  readonly #fields: FieldFrames;
  readonly #pings: Pings;
  #greeted = false;
  /** Frames that began outside of field blocks, in 30 bits. */
  begun = 0;

  constructor(connection: Connection, pings: Pings) {
    this.#connection = connection;
    this.#data = new DataFrames(connection);
    this.#fields = new FieldFrames(connection);
    this.#pings = pings;
  }

  get failed(): boolean {
    return this.#connection.failed;
  }

  /** A field block has begun and is not complete. */
  get midBlock(): boolean {
    return this.#fields.underWay !== 0;
  }

  began(type: number, flagBits: number, id: number, length: number): Takes {
    const fault = headFault(type, flagBits, id, length) ?? this.#outOfOrder(type, flagBits, id);
    if (fault) {
      this.#connection.fail(fault);
      return takes.nothing;
    }
    if (type === frameTypes.data) return this.#data.began(flagBits, id, length);
    if (type <= frameTypes.continuation) return takes.whole;
    // Frames of unknown types are passed over (§4.1).
    this.#idle();
    return takes.nothing;
  }

  #outOfOrder(type: number, flagBits: number, id: number): Fault | undefined {
    if (!this.#greeted) {
      if (type !== frameTypes.settings || (flagBits & flags.ack) !== 0) return noSettings;
      this.#greeted = true;
    }
    const { underWay } = this.#fields;
    if (underWay === 0) {
      this.begun = (this.begun + 1) & 0x3fff_ffff;
      return undefined;
    }
    return type === frameTypes.continuation && id === underWay ? undefined : interrupted;
  }

  whole(type: number, flagBits: number, id: number, buffer: Buffer, start: number, end: number): void {
    switch (type) {
      case frameTypes.headers:
        return this.#fields.headers(flagBits, id, buffer, start, end);
      case frameTypes.continuation:
        return this.#fields.continuation(flagBits, buffer, start, end);
      case frameTypes.windowUpdate:
        return this.#windowUpdate(id, readWord31(buffer, start));
      case frameTypes.rstStream:
        return this.#rstStream(id, buffer.readUInt32BE(start));
      case frameTypes.settings:
        return (flagBits & flags.ack) === 0 ? this.#settings(buffer, start, end) : this.#settingsAck();
      case frameTypes.ping:
        return this.#ping(flagBits, buffer, start);
      case frameTypes.goaway:
        return this.#goaway(readWord31(buffer, start), buffer.readUInt32BE(start + 4));
      default:
        return this.#priority(id, buffer, start, end);
    }
  }

  measured(data: number, overhead: number): void {
    this.#data.measured(data, overhead);
  }

  piece(buffer: Buffer, start: number, end: number): void {
    this.#data.piece(buffer, start, end);
  }

  pieced(): void {
    this.#data.pieced();
  }

  broken(fault: Fault): void {
    this.#connection.fail(fault);
  }

  /** A frame that brings nothing. */
  #idle(): boolean {
    if (!this.#connection.guard.idle()) return false;
    this.#connection.fail(flood);
    return true;
  }

  #windowUpdate(id: number, bytes: number): void {
    if (this.#idle()) return;
    const connection = this.#connection;
    if (id === 0) {
      if (bytes === 0) connection.fail(emptyUpdate);
      else if (!connection.sender.widen(bytes)) connection.fail(windowTooLarge);
      return;
    }
    const stream = connection.table.get(id);
    if (!stream) {
      if (connection.table.isIdle(id)) connection.fail(idleStream);
    } else if (bytes === 0) connection.streamError(stream, http2Codes.protocolError);
    else if (!connection.sender.widenStream(stream, bytes)) {
      connection.streamError(stream, http2Codes.flowControlError);
    }
  }

  #rstStream(id: number, code: number): void {
    const connection = this.#connection;
    const stream = connection.table.get(id);
    if (stream) {
      const { openedAt } = stream;
      connection.peerReset(stream, code, code === http2Codes.refusedStream);
      connection.countReset(openedAt);
    } else if (connection.table.isIdle(id)) connection.fail(idleStream);
    else this.#idle();
  }

  #settings(buffer: Buffer, start: number, end: number): void {
    if (this.#idle()) return;
    const connection = this.#connection;
    const { options, peer, sender, writer } = connection;
    const before = peer.initialWindow;
    const other = connection.role === "server" ? "client" : "server";
    const fault = peer.read(buffer, start, end, other, options.limits.settings);
    if (fault) return connection.fail(fault);
    writer.encoder.setTableSize(peer.tableSize);
    writer.settingsAck();
    const wider = peer.initialWindow - before;
    if (wider !== 0) {
      for (const stream of connection.table.all()) {
        if (!sender.widenStream(stream, wider)) return connection.fail(streamWindowTooLarge);
      }
    }
    connection.user.available();
  }

  #settingsAck(): void {
    const connection = this.#connection;
    if (connection.acknowledged) connection.fail(unaskedAck);
    connection.acknowledged = true;
  }

  #ping(flagBits: number, buffer: Buffer, start: number): void {
    if (this.#idle()) return;
    if ((flagBits & flags.ack) === 0) this.#connection.writer.ping(buffer, start, true);
    else this.#pings.answered(buffer, start);
  }

  #goaway(last: number, code: number): void {
    const connection = this.#connection;
    if (this.#idle()) return;
    if (last > connection.lastServed) return connection.fail(goawayRises);
    const odd = (last & 1) === 1;
    const ours = last === 0 || last === mostStreamId || odd === (connection.role === "client");
    if (!ours) return connection.fail(goawayForeign);
    connection.lastServed = last;
    connection.draining = true;
    if (connection.role === "client") {
      for (const stream of connection.table.all()) {
        if (stream.id > last && !stream.closed) connection.peerReset(stream, http2Codes.refusedStream, true);
      }
    }
    connection.user.goaway(code);
  }

  #priority(id: number, buffer: Buffer, start: number, end: number): void {
    if (this.#idle()) return;
    const connection = this.#connection;
    const stream = connection.table.get(id);
    const size = end - start === 5;
    if (size && readWord31(buffer, start) !== id) return;
    // Of a stream alone (§6.3), and where there is none to reset, of the connection.
    if (stream) connection.streamError(stream, size ? http2Codes.protocolError : http2Codes.frameSizeError);
    else connection.fail(size ? selfDependent : prioritySize);
  }
}
