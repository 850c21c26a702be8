// On the path of every request.
import {
  fieldValue,
  http2Codes,
  readResponseFields,
  type BodyEnd,
  type Http2Stream,
  type ResponseMessage,
  type StreamUser,
} from "../../wire/index.ts";
import { bodyOf, type Caller, type ClientStream, type OutgoingRequest } from "../http/codec.ts";
import type { Http2ClientConnection } from "./client-connection.ts";
import { fieldsOf } from "./request-fields.ts";
import { asSwitching } from "./websocket.ts";

/** One exchange with an endpoint that speaks HTTP/2. */
export class Http2ClientStream implements ClientStream, StreamUser {
  touched = false;
  readonly #connection: Http2ClientConnection;
  #stream: Http2Stream | undefined;
  #caller: Caller | undefined;
  #upgrade: string | undefined;
  #key: string | undefined;
  #answered = false;
  #paused = false;
  #held = 0;

  constructor(connection: Http2ClientConnection) {
    this.#connection = connection;
  }

  get local(): string {
    return this.#connection.local;
  }

  send(caller: Caller, request: OutgoingRequest): void {
    this.#caller = caller;
    const { upgrade, fields: own } = request.message;
    this.#upgrade = upgrade;
    this.#key = upgrade === undefined ? undefined : fieldValue(own, "sec-websocket-key");
    const fields = fieldsOf(request);
    if (upgrade === undefined) return this.#open(fields, bodyOf(request.message) === "none", false);
    this.#connection.greeted(() => {
      if (this.#caller) this.#open(fields, false, true);
    });
  }

  #open(fields: readonly string[], end: boolean, upgrade: boolean): void {
    this.#stream = this.#connection.open(fields, end, upgrade, this);
    // The caller is still giving the request: it hears of it afterwards.
    if (!this.#stream) queueMicrotask(() => this.#break("refused"));
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    return this.#stream?.data(buffer, start, end, false) ?? true;
  }

  endBody(trailers: readonly string[] | undefined): void {
    if (trailers && trailers.length > 0) this.#stream?.trailers(trailers);
    else this.#stream?.end();
  }

  flush(): void {
    // The session gathers what leaves in one turn.
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#held > 0) this.#stream?.consumed(this.#held);
    this.#held = 0;
  }

  abandon(): void {
    this.#caller = undefined;
    this.#stream?.reset(http2Codes.cancel);
  }

  // What the endpoint sends.

  head(fields: string[], end: boolean): void {
    const caller = this.#caller;
    if (!caller) return;
    const message = readResponseFields(fields, end, this.#upgrade === undefined ? caller.method : "CONNECT");
    if ("refused" in message) {
      this.#stream?.reset(http2Codes.protocolError);
      return this.#break("protocol-error");
    }
    if (message.status < 200) return caller.responseHead(message, "none");
    this.#answered = true;
    this.#connection.touch(this);
    if (this.#upgrade !== undefined && message.status < 300) asSwitching(message, this.#upgrade, this.#key);
    const bodiless = isBodiless(message.status, caller.method);
    if (!end && (bodiless || message.contentLength >= 0)) {
      // A length that the body does not have: the stream is reset, and says so.
      if (!this.#stream?.expect(bodiless ? 0 : message.contentLength)) return;
    }
    caller.responseHead(message, endOf(message, end || bodiless));
    if (end) this.ended(undefined);
  }

  data(buffer: Buffer, start: number, end: number): void {
    this.#connection.touch(this);
    if (this.#paused) this.#held += end - start;
    else this.#stream?.consumed(end - start);
    this.#caller?.responseData(buffer, start, end);
  }

  ended(trailers: string[] | undefined): void {
    const caller = this.#caller;
    this.#caller = undefined;
    // The answer is there before the whole request was sent: nobody wants the rest.
    if (this.#stream?.localEnded === false) this.#stream.reset(http2Codes.noError);
    caller?.responseEnd(trailers);
  }

  reset(code: number, unprocessed: boolean, fault: boolean): void {
    if (fault) return this.#break("protocol-error");
    if (this.#connection.gone && !unprocessed) return this.#break("connection-termination");
    this.#break(unprocessed || code === http2Codes.refusedStream ? "refused" : "reset");
  }

  drained(): void {
    this.#caller?.requestDrained();
  }

  readOver(): void {
    this.#caller?.responseFlush();
  }

  #break(why: Parameters<Caller["broken"]>[0]): void {
    const caller = this.#caller;
    this.#caller = undefined;
    caller?.broken(why, this.#answered);
  }
}

/** RFC 9110 §6.4.1: whatever comes behind such a head is no body of it. */
function isBodiless(status: number, method: string): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

function endOf(message: ResponseMessage, end: boolean): BodyEnd {
  if (end) return "none";
  return message.contentLength >= 0 ? "length" : "chunked";
}
