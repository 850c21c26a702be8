// On the path of every request.
import {
  ChunkReader,
  chunkLine,
  HeadReader,
  lastChunkWith,
  readRequest,
  refusal,
  type BodyEnd,
  type Refusal,
  type RequestMessage,
  type ResponseMessage,
} from "../../wire/index.ts";
import type { HttpChain } from "../config/contract.ts";
import type { ServerConnection, ServerStream } from "../http/codec.ts";
import { httpDate } from "../http/date.ts";
import { Exchange } from "../http/exchange.ts";
import type { Origin, Surroundings, Swept } from "../http/surroundings.ts";
import { copyOf, type SocketUser, type WireSocket } from "../net/socket.ts";
import { printResponse } from "./print.ts";

/** Milliseconds a client has to take the last answer and close, and an endpoint to answer one that closed its own side. */
const closeLimit = 10_000;
/** Milliseconds without a request after which a client that is to go is not waited for any longer. */
const drainPatience = 1500;
/** Bytes of requests sent ahead that are kept while one is answered. */
const mostAhead = 65_536;

/** A client's connection: reads its requests one after another, answers them in order. */
export class Http1ServerConnection implements ServerConnection, ServerStream, SocketUser, Swept {
  origin: Origin;
  readonly #socket: WireSocket;
  readonly #surroundings: Surroundings;
  readonly #closedHook: (() => void) | undefined;
  readonly #heads: HeadReader;
  #exchange: Exchange | undefined;
  #message: RequestMessage | undefined;
  #left = 0;
  #chunks: ChunkReader | undefined;
  #ahead: Buffer | undefined;
  #reading = false;
  /** Nothing that comes is read any more. */
  #closing = false;
  /** The present request is the last one. */
  #last = false;
  #draining = false;
  #halfClosed = false;
  #chunked = false;
  #pendingHead = "";
  readonly #since: number;
  #lastActive: number;
  #requests = 0;

  constructor(socket: WireSocket, origin: Origin, surroundings: Surroundings, closed?: () => void) {
    this.#socket = socket;
    this.origin = origin;
    this.#surroundings = surroundings;
    this.#closedHook = closed;
    this.#heads = new HeadReader(origin.chain.connection.limits);
    this.#since = surroundings.ticker.now();
    this.#lastActive = this.#since;
    socket.user = this;
    surroundings.sweeper.add(this);
  }

  // What the client sends.

  bytes(buffer: Buffer, start: number, end: number): void {
    if (this.#ahead) return this.#keepAhead(buffer, start, end);
    this.#reading = true;
    let at = start;
    while (at < end && !this.#closing) {
      const exchange = this.#exchange;
      if (!exchange) at = this.#last ? end : this.#readHead(buffer, at, end);
      else if (exchange.tunnelling) {
        exchange.requestData(buffer, at, end);
        at = end;
      } else if (this.#left > 0) at = this.#readLength(exchange, buffer, at, end);
      else if (this.#chunks) at = this.#readChunks(exchange, this.#chunks, buffer, at, end);
      else {
        // Requests sent ahead wait until this one is answered.
        this.#keepAhead(buffer, at, end);
        at = end;
      }
    }
    this.#reading = false;
    this.#exchange?.requestFlush();
  }

  ended(): void {
    this.#halfClosed = true;
    this.#lastActive = this.#surroundings.ticker.now();
    const exchange = this.#exchange;
    if (exchange?.tunnelling) return exchange.requestEnd(undefined);
    // A client that sent a whole request may wait for the answer with its own side closed; TLS closes both.
    if (exchange && this.#left === 0 && !this.#chunks && !this.#socket.tls) return;
    this.#socket.destroy();
  }

  closed(): void {
    this.#closing = true;
    this.#surroundings.sweeper.remove(this);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.abort();
    this.#closedHook?.();
  }

  drained(): void {
    this.#exchange?.responseDrained();
  }

  sweep(now: number): void {
    const exchange = this.#exchange;
    if (exchange) {
      // Most who close their side are gone altogether, and nobody waits for an answer any more.
      const left = this.#halfClosed && !exchange.responding && now - this.#lastActive > closeLimit;
      return left ? this.#socket.destroy() : exchange.sweep(now);
    }
    if (this.#closing && now - this.#lastActive > closeLimit) return this.#socket.destroy();
    const { requestTimeout, connection } = this.origin.chain;
    const idle = now - this.#lastActive;
    if (this.#heads.waiting > 0) {
      const limit = Math.min(connection.headTimeout, requestTimeout || connection.headTimeout);
      if (idle > limit) this.#refuse(refusal(408, "slow-head"));
    } else if (this.#draining && idle > drainPatience) this.#end();
    else if (connection.idleTimeout > 0 && idle > connection.idleTimeout) this.#socket.destroy();
    else if (connection.maxDuration > 0 && now - this.#since > connection.maxDuration) this.drain();
  }

  /** Requests from now on meet these rules. */
  follow(chain: HttpChain): void {
    this.origin = { ...this.origin, chain };
  }

  /** No more requests after the next one, which may be on its way; a client that sends none for a while sees the end. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#lastActive = this.#surroundings.ticker.now();
  }

  #end(): void {
    this.#closing = true;
    this.#lastActive = this.#surroundings.ticker.now();
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #readHead(buffer: Buffer, start: number, end: number): number {
    const before = this.#heads.waiting;
    const text = this.#heads.read(buffer, start, end);
    if (text === undefined) {
      // The time for a head begins with its first byte; more bytes win none.
      if (before === 0) this.#lastActive = this.#surroundings.ticker.now();
      return end;
    }
    const message = typeof text === "string" ? readRequest(text, this.origin.chain.connection.limits) : text;
    if ("refused" in message) {
      this.#refuse(message);
      return end;
    }
    this.#message = message;
    this.#left = Math.max(0, message.contentLength);
    this.#chunks = message.chunked ? new ChunkReader() : undefined;
    this.#chunked = false;
    // What follows a refused tunnel may have been meant for it; who speaks the old version is refused once.
    if (message.method === "CONNECT" || (message.minor === 0 && !this.origin.chain.acceptHttp10)) this.#last = true;
    this.#requests += 1;
    const { maxRequests } = this.origin.chain.connection;
    if (maxRequests > 0 && this.#requests >= maxRequests) this.#last = true;
    const exchange = new Exchange(message, this, this.#surroundings);
    this.#exchange = exchange;
    const at = this.#heads.position;
    exchange.start();
    return at;
  }

  #readLength(exchange: Exchange, buffer: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#left);
    this.#left -= stop - start;
    exchange.requestData(buffer, start, stop);
    if (this.#left === 0) exchange.requestEnd(undefined);
    return stop;
  }

  #readChunks(exchange: Exchange, chunks: ChunkReader, buffer: Buffer, start: number, end: number): number {
    const at = chunks.read(buffer, start, end, {
      data: (bytes, from, to) => exchange.requestData(bytes, from, to),
    });
    if (chunks.failed) {
      // Where the next request would begin cannot be known any more.
      exchange.malformed();
      return end;
    }
    if (chunks.done) {
      this.#chunks = undefined;
      exchange.requestEnd(chunks.trailers);
    }
    return at;
  }

  #keepAhead(buffer: Buffer, start: number, end: number): void {
    const piece = copyOf(buffer, start, end);
    this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, piece]) : piece;
    if (this.#ahead.length > mostAhead) return this.#socket.destroy();
    this.#socket.pause();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#ahead) this.#socket.resume();
  }

  // What the client gets.

  inform(message: ResponseMessage): void {
    if (this.#message?.minor === 0) return;
    this.#socket.write(printResponse(message.status, message.reason, message.fields, ""));
  }

  respond(message: ResponseMessage, end: BodyEnd): void {
    this.#chunked = (end === "chunked" || end === "close") && this.#message?.minor === 1;
    this.#pendingHead = this.#printed(message, end);
  }

  #printed({ status, reason, fields, contentLength, upgrade }: ResponseMessage, end: BodyEnd): string {
    let framing = "";
    if (status === 101) framing = `connection: Upgrade\r\nupgrade: ${upgrade ?? this.#message?.upgrade ?? ""}\r\n`;
    else if (this.#chunked) framing = "transfer-encoding: chunked\r\n";
    else if (contentLength >= 0 && status !== 204) framing = `content-length: ${contentLength}\r\n`;
    return printResponse(status, reason, fields, framing + this.#connectionField(end));
  }

  /** The `connection` field of the answer, where one is needed. */
  #connectionField(end: BodyEnd): string {
    const message = this.#message;
    if (!message || this.#exchange?.tunnelling) return "";
    const unread = this.#left > 0 || this.#chunks !== undefined;
    const endless = (end === "chunked" || end === "close") && message.minor === 0;
    if (this.#last || !message.persistent || unread || endless || this.#draining || this.#halfClosed) {
      this.#last = true;
      return "connection: close\r\n";
    }
    return message.minor === 0 ? "connection: keep-alive\r\n" : "";
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    if (start === end) return true;
    const head = this.#pendingHead;
    this.#pendingHead = "";
    if (!this.#chunked) return this.#socket.carryBetween(head, buffer, start, end, "");
    return this.#socket.carryBetween(head + chunkLine(end - start), buffer, start, end, "\r\n");
  }

  flush(): void {
    if (this.#pendingHead === "") return;
    this.#socket.write(this.#pendingHead);
    this.#pendingHead = "";
  }

  endResponse(trailers: readonly string[] | undefined, clean: boolean): void {
    this.flush();
    // Who did not say that it reads trailers may not know them (RFC 9110 §6.5.1).
    if (this.#chunked) this.#socket.write(lastChunkWith(this.#message?.takesTrailers ? trailers : undefined));
    this.#next(clean);
  }

  tunnel(): void {
    this.#chunked = false;
    this.flush();
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead) this.#exchange?.requestData(ahead, 0, ahead.length);
    this.#socket.resume();
  }

  endTunnel(): void {
    this.flush();
    this.#exchange = undefined;
    this.#closing = true;
    this.#lastActive = this.#surroundings.ticker.now();
    this.#socket.end();
    this.#socket.resume();
  }

  reply(message: ResponseMessage, body: string, clean: boolean): void {
    this.#chunked = false;
    this.#socket.write(this.#printed(message, "length") + body);
    this.#next(clean);
  }

  /** Nothing after it is read. */
  refuse(status: Refusal["status"], reason: string): void {
    this.#refuse(refusal(status, reason));
  }

  breakOff(): void {
    this.#closing = true;
    this.#exchange = undefined;
    this.#socket.reset();
  }

  #refuse({ status }: Refusal): void {
    const fields = ["date", httpDate(), "server", this.origin.chain.serverHeader.name];
    this.#closing = true;
    this.#exchange = undefined;
    this.#lastActive = this.#surroundings.ticker.now();
    this.#socket.write(printResponse(status, "", fields, "content-length: 0\r\nconnection: close\r\n"));
    this.#socket.end();
    // What else comes is read and dropped, so that the answer is not lost to a reset.
    this.#socket.resume();
  }

  #next(clean: boolean): void {
    this.#exchange = undefined;
    this.#message = undefined;
    this.#lastActive = this.#surroundings.ticker.now();
    // A client that was told to leave meanwhile was not told with this answer: its next request may be on its way.
    if (this.#last || !clean) {
      this.#closing = true;
      this.#socket.end();
      return this.#socket.resume();
    }
    // Inside of `bytes` its loop goes on by itself.
    const ahead = this.#ahead;
    if (ahead && !this.#reading) {
      this.#ahead = undefined;
      queueMicrotask(() => this.bytes(ahead, 0, ahead.length));
    }
    if (!this.#ahead) this.#socket.resume();
  }
}
