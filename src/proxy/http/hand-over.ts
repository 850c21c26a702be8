// On the path of requests whose callee is served here and has rules of its own.
import { RequestMessage, ResponseMessage, type BodyEnd, type Refusal } from "../../wire/index.ts";
import type { Caller, ClientStream, OutgoingRequest, ServerStream } from "./codec.ts";
import { Exchange } from "./exchange.ts";
import type { Origin, Surroundings } from "./surroundings.ts";

/** The request as the callee's proxy would have read it from a connection. */
function arrived({ message, target, host, extra }: OutgoingRequest): RequestMessage {
  const copy = new RequestMessage();
  copy.method = message.method;
  copy.target = target;
  copy.minor = 1;
  copy.major = message.major;
  copy.host = host;
  copy.contentLength = message.contentLength;
  copy.chunked = message.chunked;
  copy.upgrade = message.upgrade;
  copy.expectContinue = message.expectContinue;
  copy.takesTrailers = message.takesTrailers;
  copy.fields.push(...message.fields, ...extra);
  return copy;
}

/**
 * The caller's way to a callee in the same process, where the callee's rules say more than "to the application": an exchange
 * of the caller's meets an exchange of the callee's, as over a connection between two proxies, but nothing is printed or read.
 */
export class HandOver implements ClientStream {
  readonly #origin: Origin;
  readonly #surroundings: Surroundings;
  #way: CalleeWay | undefined;

  constructor(origin: Origin, surroundings: Surroundings) {
    this.#origin = origin;
    this.#surroundings = surroundings;
  }

  get local(): string {
    return this.#origin.remote;
  }

  send(caller: Caller, request: OutgoingRequest): void {
    const way = new CalleeWay(this.#origin, caller, arrived(request), this.#surroundings);
    this.#way = way;
    // The caller is still giving the request.
    queueMicrotask(() => way.start());
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    return this.#way?.take(buffer, start, end) ?? true;
  }

  endBody(trailers: readonly string[] | undefined): void {
    this.#way?.exchange.requestEnd(trailers);
  }

  flush(): void {
    this.#way?.exchange.requestFlush();
  }

  pause(): void {
    this.#way?.holdAnswer();
  }

  resume(): void {
    this.#way?.releaseAnswer();
  }

  abandon(): void {
    this.#way?.leave();
  }
}

/** The callee's side: its answer goes straight to the caller's exchange. */
class CalleeWay implements ServerStream {
  readonly origin: Origin;
  readonly exchange: Exchange;
  #caller: Caller | undefined;
  #requestPaused = false;
  #answerPaused = false;
  #answered = false;

  constructor(origin: Origin, caller: Caller, message: RequestMessage, surroundings: Surroundings) {
    this.origin = origin;
    this.#caller = caller;
    this.exchange = new Exchange(message, this, surroundings);
  }

  start(): void {
    if (this.#caller) this.exchange.start();
  }

  /** Bytes of the request; false: wait for `requestDrained`. */
  take(buffer: Buffer, start: number, end: number): boolean {
    this.exchange.requestData(buffer, start, end);
    return !this.#requestPaused;
  }

  holdAnswer(): void {
    this.#answerPaused = true;
  }

  releaseAnswer(): void {
    if (!this.#answerPaused) return;
    this.#answerPaused = false;
    this.exchange.responseDrained();
  }

  /** The caller does not want the answer any more. */
  leave(): void {
    this.#caller = undefined;
    this.exchange.abort();
  }

  pause(): void {
    this.#requestPaused = true;
  }

  resume(): void {
    if (!this.#requestPaused) return;
    this.#requestPaused = false;
    this.#caller?.requestDrained();
  }

  inform(message: ResponseMessage): void {
    this.#caller?.responseHead(message, "none");
  }

  respond(message: ResponseMessage, end: BodyEnd): void {
    this.#answered = true;
    this.#caller?.responseHead(message, end);
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    this.#caller?.responseData(buffer, start, end);
    return !this.#answerPaused;
  }

  flush(): void {
    this.#caller?.responseFlush();
  }

  endResponse(trailers: readonly string[] | undefined): void {
    this.#take()?.responseEnd(trailers);
  }

  reply(message: ResponseMessage, body: string): void {
    const bytes = Buffer.from(body, "latin1");
    this.respond(message, bytes.length > 0 ? "length" : "none");
    if (bytes.length > 0) this.body(bytes, 0, bytes.length);
    this.flush();
    this.endResponse(undefined);
  }

  refuse(status: Refusal["status"]): void {
    const message = new ResponseMessage();
    message.status = status;
    message.contentLength = 0;
    this.reply(message, "");
  }

  tunnel(): void {
    // Bytes already go both ways.
  }

  endTunnel(): void {
    this.#take()?.responseEnd(undefined);
  }

  breakOff(): void {
    this.#take()?.broken("connection-termination", this.#answered);
  }

  #take(): Caller | undefined {
    const caller = this.#caller;
    this.#caller = undefined;
    return caller;
  }
}
