// On the path of every request.
import { Connection } from "./connection.ts";
import { http2Codes } from "./codes.ts";
import { mostStreamId, preface } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { Incoming } from "./incoming.ts";
import { Pings } from "./pings.ts";
import type { SessionOptions } from "./session-options.ts";
import { greeting, type Role } from "./settings.ts";
import type { Http2Stream, SessionUser, StreamUser } from "./users.ts";

/**
 * One HTTP/2 connection (RFC 9113), without its socket: bytes that came go into `receive`, what must be written is taken
 * with `output` after the user was told `pending`.
 */
export class Http2Session {
  readonly #connection: Connection;
  readonly #incoming: Incoming;
  readonly #reader: FrameReader;
  readonly #pings: Pings;
  #leaving = false;

  constructor(role: Role, user: SessionUser, options: SessionOptions) {
    const connection = new Connection(role, user, options);
    this.#connection = connection;
    this.#pings = new Pings(connection.writer);
    this.#incoming = new Incoming(connection, this.#pings);
    this.#reader = new FrameReader(this.#incoming, role === "server");
  }

  /** Says our settings, behind the client's preface. */
  start(): void {
    const { options, role, writer } = this.#connection;
    const settings = greeting(role, options);
    writer.bytes(role === "client" ? Buffer.concat([preface, settings]) : settings);
  }

  /** Bytes of the peer, cut anywhere. They are consumed before it returns. */
  receive(buffer: Buffer, start: number, end: number): void {
    this.#reader.read(buffer, start, end);
  }

  /**
   * What to write now, frames of all streams; undefined: nothing. There may be more once it was written: then `pending` is
   * called, from within.
   */
  output(): Buffer | undefined {
    return this.#connection.sender.take();
  }

  /** The Buffer that `output` gave last is not needed any more: the socket took all of it. It is filled again then. */
  written(): void {
    this.#connection.writer.giveBack();
  }

  /** The socket took no more of what was written, or takes more again. Meanwhile no DATA is made, and all else is counted. */
  blocked(blocked: boolean): void {
    this.#connection.sender.block(blocked);
  }

  /** Clients: opens a stream. Undefined: there is no room. */
  request(fields: readonly string[], end: boolean, user: StreamUser): Http2Stream | undefined {
    if (this.room === 0) return undefined;
    const connection = this.#connection;
    const id = connection.table.nextId();
    if (id === undefined) return undefined;
    const stream = connection.stream(id);
    stream.user = user;
    stream.head(fields, end);
    return stream;
  }

  get openStreams(): number {
    return this.#connection.table.size;
  }

  /** Streams that may be opened now; 0 for ever once the connection is draining. */
  get room(): number {
    const { draining, failed, peer, role, table } = this.#connection;
    if (draining || failed || table.used || role === "server") return 0;
    return Math.max(0, peer.concurrentStreams - table.size);
  }

  /** No new streams are opened: the peer's GOAWAY came, or we said that we leave. */
  get draining(): boolean {
    return this.#connection.draining;
  }

  /** Extended CONNECT is welcome to the peer (RFC 8441). */
  get peerConnects(): boolean {
    return this.#connection.peer.connectProtocol;
  }

  /** The peer's settings came. */
  get greeted(): boolean {
    return this.#connection.peer.arrived;
  }

  /**
   * 0: all that came is complete, but for DATA. Else a number that stays the same as long as the same frame or field block
   * is not: whoever sends it should be done within a head's time.
   */
  get unfinished(): number {
    return this.#reader.midFrame || this.#incoming.midBlock ? this.#incoming.begun + 1 : 0;
  }

  /** Sends a PING; once it is answered `lastPong` is this `now`. */
  ping(now: number): void {
    if (!this.#connection.failed) this.#pings.keepalive(now);
  }

  /** The `now` of the last PING that was answered; -1: none was. */
  get lastPong(): number {
    return this.#pings.lastPong;
  }

  /**
   * No new streams soon, those open go on (RFC 9113 §6.8). A server says so at once, and says which stream was the last
   * one when the client has read that (or with `finishDrain`); so no request on its way is lost.
   */
  drain(): void {
    const connection = this.#connection;
    if (this.#leaving || connection.failed) return;
    this.#leaving = true;
    connection.draining = true;
    if (connection.role === "client") return;
    connection.writer.goaway(mostStreamId, http2Codes.noError);
    this.#pings.roundTrip(() => this.finishDrain());
  }

  /** Servers: the peer knows which stream was the last one; none that it opened meanwhile is still on its way. */
  get drained(): boolean {
    return this.#connection.lastWelcome !== mostStreamId;
  }

  /** Servers: streams that come from now on are not served. */
  finishDrain(): void {
    const connection = this.#connection;
    if (connection.failed || connection.lastWelcome !== mostStreamId) return;
    connection.draining = true;
    this.#leaving = true;
    connection.lastWelcome = connection.table.lastTaken;
    connection.writer.goaway(connection.lastWelcome, http2Codes.noError);
  }

  /** GOAWAY at once: every stream is over, and nothing more is read. */
  close(code: number): void {
    this.#connection.end(code);
  }

  /** The socket is gone: every stream is over. */
  closed(): void {
    this.#connection.gone(http2Codes.internalError);
  }
}
