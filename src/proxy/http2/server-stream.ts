// On the path of every request.
import {
  http2Codes,
  type BodyEnd,
  type Http2Stream,
  type Refusal,
  type RequestMessage,
  type ResponseMessage,
  type StreamUser,
} from "../../wire/index.ts";
import type { ServerStream } from "../http/codec.ts";
import { httpDate } from "../http/date.ts";
import { Exchange } from "../http/exchange.ts";
import type { Origin, Surroundings } from "../http/surroundings.ts";
import { copyOf } from "../net/socket.ts";
import type { SessionSocket } from "./connection.ts";
import { asConsent } from "./websocket.ts";

/** One request of an HTTP/2 client, and the way back for its answer. */
export class Http2ServerStream implements ServerStream, StreamUser {
  readonly origin: Origin;
  touched = false;
  readonly exchange: Exchange;
  readonly #stream: Http2Stream;
  readonly #connection: SessionSocket;
  readonly #left: (stream: Http2ServerStream) => void;
  #paused = false;
  /** Bytes taken in whose window was not given back yet. */
  #held = 0;
  /** Bytes of the answer still to come; -1: not known. */
  #unsent = -1;
  #ended = false;
  /** The whole answer was given; what of it still waited at the last look, and since when nothing has left (-1: not looked at yet). */
  #given = false;
  #waiting = 0;
  #waitingSince = -1;
  /** What came before the endpoint agreed to an upgrade: it might take it for another request. The window bounds it. */
  #early: Buffer[] | undefined;
  #endedEarly = false;

  constructor(
    stream: Http2Stream,
    message: RequestMessage,
    origin: Origin,
    connection: SessionSocket,
    surroundings: Surroundings,
    left: (stream: Http2ServerStream) => void,
  ) {
    this.origin = origin;
    this.#stream = stream;
    this.#connection = connection;
    this.#left = left;
    this.#early = message.upgrade === undefined && message.method !== "CONNECT" ? undefined : [];
    this.exchange = new Exchange(message, this, surroundings);
  }

  // What the client sends.

  head(): void {
    // Of answers only.
  }

  data(buffer: Buffer, start: number, end: number): void {
    this.#connection.touch(this);
    if (this.#early) {
      this.#held += end - start;
      return void this.#early.push(copyOf(buffer, start, end));
    }
    if (this.#paused) this.#held += end - start;
    else this.#stream.consumed(end - start);
    this.exchange.requestData(buffer, start, end);
  }

  ended(trailers: string[] | undefined): void {
    if (this.#early) this.#endedEarly = true;
    else this.exchange.requestEnd(trailers);
  }

  reset(): void {
    this.#ended = true;
    this.exchange.abort();
    this.#left(this);
  }

  drained(): void {
    this.exchange.responseDrained();
  }

  readOver(): void {
    this.exchange.requestFlush();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#held === 0) return;
    const held = this.#held;
    this.#held = 0;
    this.#stream.consumed(held);
  }

  // What the client gets.

  inform({ status, fields }: ResponseMessage): void {
    this.#stream.head([":status", String(status), ...fields], false);
  }

  respond(message: ResponseMessage, end: BodyEnd): void {
    // What HTTP/1.1 calls switching, HTTP/2 calls success (RFC 8441 §5).
    const status = message.status === 101 ? 200 : message.status;
    if (message.status === 101) asConsent(message);
    this.#ended = end === "none" && !this.exchange.tunnelling;
    this.#unsent = end === "length" ? message.contentLength : -1;
    this.#stream.head(headOf(status, message), this.#ended);
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    if (this.#ended) return true;
    if (this.#unsent >= 0) this.#unsent -= end - start;
    this.#ended = this.#unsent === 0;
    return this.#stream.data(buffer, start, end, this.#ended);
  }

  flush(): void {
    // The session gathers what leaves in one turn.
  }

  endResponse(trailers: readonly string[] | undefined): void {
    if (!this.#ended) {
      if (trailers && trailers.length > 0) this.#stream.trailers(trailers);
      else this.#stream.end();
    }
    this.#over();
  }

  reply(message: ResponseMessage, body: string): void {
    // A stream that ends with its head says so already.
    if (message.contentLength === 0) message.contentLength = -1;
    this.#stream.head(headOf(message.status, message), body === "");
    if (body !== "") this.#stream.data(Buffer.from(body, "latin1"), 0, body.length, true);
    this.#over();
  }

  refuse(status: Refusal["status"]): void {
    this.#stream.head(
      [":status", String(status), "date", httpDate(), "server", this.origin.chain.serverHeader.name],
      true,
    );
    this.#over();
  }

  tunnel(): void {
    this.#unsent = -1;
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const bytes of early) this.exchange.requestData(bytes, 0, bytes.length);
    if (!this.#paused) this.resume();
    if (this.#endedEarly) this.exchange.requestEnd(undefined);
  }

  endTunnel(): void {
    this.#stream.end();
    this.#over();
  }

  breakOff(): void {
    this.#ended = true;
    this.#stream.reset(http2Codes.internalError);
    this.#left(this);
  }

  /** What is left of the request is not wanted any more (RFC 9113 §8.1). */
  #over(): void {
    this.#ended = true;
    this.#given = true;
    if (!this.#stream.remoteEnded) this.#stream.reset(http2Codes.noError);
    if (this.#stream.closed) this.#left(this);
  }

  /** Limits of seconds: of the exchange, then of a client that opens no window for the rest of its answer. */
  sweep(now: number): void {
    if (!this.#given) return this.exchange.sweep(now);
    const { closed, unsent } = this.#stream;
    if (unsent !== this.#waiting || this.#waitingSince === -1) this.#waitingSince = now;
    this.#waiting = unsent;
    const { streamIdleTimeout } = this.origin.chain;
    const late = streamIdleTimeout > 0 && now - this.#waitingSince >= streamIdleTimeout;
    if (late) this.#stream.reset(http2Codes.cancel);
    if (late || closed) this.#left(this);
  }
}

function headOf(status: number, { fields, contentLength }: ResponseMessage): readonly string[] {
  const head = [":status", String(status)];
  for (const text of fields) head.push(text);
  if (contentLength >= 0 && status !== 204) head.push("content-length", String(contentLength));
  return head;
}
