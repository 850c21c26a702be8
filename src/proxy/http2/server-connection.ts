// On the path of every request.
import {
  http2Codes,
  Http2Session,
  readRequestFields,
  type Http2Stream,
  type SessionUser,
  type StreamUser,
} from "../../wire/index.ts";
import type { HttpChain } from "../config/contract.ts";
import type { ServerConnection } from "../http/codec.ts";
import type { Origin, Surroundings, Swept } from "../http/surroundings.ts";
import { Timeout } from "../http/timeout.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";
import { SessionSocket } from "./connection.ts";
import { headLimit, Patience } from "./patience.ts";
import { Http2ServerStream } from "./server-stream.ts";
import { asUpgrade } from "./websocket.ts";

/** Milliseconds a client has to close after it was told that the connection is over. */
const closeLimit = 10_000;
/** Milliseconds after which a client that was told to leave opens no more streams, whether or not it has read that: Envoy's. */
const drainLimit = 5000;

/** A client's HTTP/2 connection: many requests at a time. */
export class Http2ServerConnection implements ServerConnection, SocketUser, SessionUser, Swept {
  origin: Origin;
  readonly #session: Http2Session;
  readonly #connection: SessionSocket;
  readonly #surroundings: Surroundings;
  readonly #closedHook: (() => void) | undefined;
  readonly #streams = new Set<Http2ServerStream>();
  readonly #since: number;
  readonly #patience: Patience;
  #lastActive: number;
  #requests = 0;
  readonly #left = (stream: Http2ServerStream) => void this.#streams.delete(stream);
  #draining = false;
  #drainedAt = 0;
  /** When the client closed its side. */
  #endedAt = -1;
  #ending = false;

  constructor(socket: WireSocket, origin: Origin, surroundings: Surroundings, closed?: () => void) {
    this.origin = origin;
    this.#surroundings = surroundings;
    this.#closedHook = closed;
    this.#since = surroundings.ticker.now();
    this.#lastActive = this.#since;
    const { http2 } = origin.chain;
    this.#session = new Http2Session("server", this, http2);
    this.#patience = new Patience(this.#session, http2.keepalive, this.#lastActive);
    this.#connection = new SessionSocket(socket, this.#session);
    socket.user = this;
    surroundings.sweeper.add(this);
    this.#session.start();
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    if (this.#ending) return;
    this.#connection.read(buffer, start, end);
    // The PING may have come back that says that the client knows of its leave.
    if (this.#draining) this.#leave();
  }

  ended(): void {
    // Whoever speaks HTTP/2 does not close one side: it is gone, or goes once it has its answers.
    if (this.#streams.size === 0) return this.#end();
    this.#endedAt = this.#surroundings.ticker.now();
    this.drain();
    this.#session.finishDrain();
    // Who is gone altogether refuses what was just written; the next write shows it.
    const { ticker } = this.#surroundings;
    new Timeout(ticker, () => this.#session.ping(ticker.now())).set(20);
  }

  closed(): void {
    this.#surroundings.sweeper.remove(this);
    this.#session.closed();
    this.#closedHook?.();
  }

  drained(): void {
    this.#connection.drained();
  }

  opened(stream: Http2Stream, fields: string[], end: boolean, tooLarge: boolean): StreamUser | undefined {
    this.#lastActive = this.#surroundings.ticker.now();
    const message = tooLarge ? tooLargeRefusal : readRequestFields(fields, end);
    if ("refused" in message) {
      if (message.status === 400) stream.reset(http2Codes.protocolError);
      else this.#refuse(stream, message.status);
      return undefined;
    }
    if (message.extendedConnect) asUpgrade(message);
    // A length that the body does not have: the stream is reset.
    if (message.contentLength >= 0 && !stream.expect(message.contentLength)) return undefined;
    const { origin } = this;
    const user = new Http2ServerStream(stream, message, origin, this.#connection, this.#surroundings, this.#left);
    this.#streams.add(user);
    this.#requests += 1;
    const { maxRequests } = origin.chain.connection;
    if (maxRequests > 0 && this.#requests >= maxRequests) this.drain();
    user.exchange.start();
    if (end) user.exchange.requestFlush();
    return user;
  }

  goaway(): void {
    // The client opens no more streams; those it has are answered.
  }

  available(): void {
    // A stream is over; its last frame may be about to be written.
    if (this.#draining) queueMicrotask(() => this.#leave());
  }

  pending(): void {
    this.#connection.pending();
  }

  failed(): void {
    this.#end();
  }

  sweep(now: number): void {
    for (const stream of this.#streams) stream.sweep(now);
    if (this.#ending) {
      if (now - this.#lastActive > closeLimit) this.#connection.socket.destroy();
      return;
    }
    const { requestTimeout } = this.origin.chain;
    const late = this.#patience.overdue(now, Math.min(headLimit, requestTimeout || headLimit));
    if (late !== undefined) return this.#finish(late);
    if (this.#endedAt !== -1) {
      if (now - this.#endedAt > closeLimit) return this.#finish(http2Codes.noError);
      // Who is gone altogether refuses it, and so that shows.
      this.#session.ping(now);
    }
    if (this.#draining && now - this.#drainedAt >= drainLimit) this.#session.finishDrain();
    const { idleTimeout, maxDuration } = this.origin.chain.connection;
    if (maxDuration > 0 && now - this.#since > maxDuration) this.drain();
    if (this.#streams.size > 0) return void (this.#lastActive = now);
    if (this.#draining) this.#leave();
    else if (idleTimeout > 0 && now - this.#lastActive > idleTimeout) this.drain();
  }

  follow(chain: HttpChain): void {
    this.origin = { ...this.origin, chain };
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#drainedAt = this.#surroundings.ticker.now();
    this.#session.drain();
  }

  destroy(): void {
    this.#connection.socket.destroy();
  }

  /** Ends with the last stream, once none can be on its way any more. */
  #leave(): void {
    if (!this.#ending && this.#session.drained && this.#session.openStreams === 0) this.#finish(http2Codes.noError);
  }

  /** No stream is left, or the client is late. */
  #finish(code: number): void {
    this.#session.close(code);
    this.#end();
  }

  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#lastActive = this.#surroundings.ticker.now();
    this.#connection.end();
  }

  #refuse(stream: Http2Stream, status: number): void {
    stream.head([":status", String(status), "server", this.origin.chain.serverHeader.name], true);
    if (!stream.remoteEnded) stream.reset(http2Codes.noError);
  }
}

const tooLargeRefusal = { refused: true, status: 431, reason: "head-too-large" } as const;
