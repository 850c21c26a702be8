// On the path of every request.
import type { BodyEnd, Refusal, RequestMessage, ResponseMessage } from "../../wire/index.ts";
import type { HttpChain } from "../config/contract.ts";
import type { Origin } from "./surroundings.ts";

/**
 * The contract between exchanges and the protocols that carry them: HTTP/1.1 or HTTP/2 may stand on either side.
 * What a message says is in `RequestMessage` and `ResponseMessage`, whichever protocol brought it.
 */

/** The way back to a client: one request's answer goes here. */
export interface ServerStream {
  readonly origin: Origin;
  /** No more of the request's body for now. */
  pause(): void;
  resume(): void;
  /** An interim answer (1xx). */
  inform(message: ResponseMessage): void;
  /** The head of the answer; it may wait for the first bytes of the body, or for `flush`. */
  respond(message: ResponseMessage, end: BodyEnd): void;
  /** False: wait until `responseDrained` before giving more. */
  body(buffer: Buffer, start: number, end: number): boolean;
  /** All bytes of one read were given. */
  flush(): void;
  /** `clean`: the whole request was read. */
  endResponse(trailers: readonly string[] | undefined, clean: boolean): void;
  /** A whole answer of our own; `body` is text of one-byte characters. */
  reply(message: ResponseMessage, body: string, clean: boolean): void;
  /** The request's form is not to be forwarded. */
  refuse(status: Refusal["status"], reason: string): void;
  /** Bytes flow as they are from now on. */
  tunnel(): void;
  endTunnel(): void;
  /** The answer broke: the client must see that. */
  breakOff(): void;
}

/** A connection that clients' requests come on. */
export interface ServerConnection {
  /** Requests from now on meet these rules. */
  follow(chain: HttpChain): void;
  /** No more requests than those begun. */
  drain(): void;
  destroy(): void;
}

/** A request as it is sent to an endpoint. */
export interface OutgoingRequest {
  readonly message: RequestMessage;
  readonly target: string;
  readonly host: string;
  readonly scheme: "http" | "https";
  /** Fields of this try alone: name, value, name, value … */
  readonly extra: readonly string[];
}

/** Why an exchange with an endpoint broke off. `refused`: it certainly did nothing with the request. */
export type Break = "connection-termination" | "protocol-error" | "reset" | "refused";

/** Who sent a request and waits for its answer. */
export interface Caller {
  readonly method: string;
  /** Also interim heads (1xx); after 101, whichever protocol said so, bytes flow both ways. */
  responseHead(message: ResponseMessage, end: BodyEnd): void;
  responseData(buffer: Buffer, start: number, end: number): void;
  responseEnd(trailers: readonly string[] | undefined): void;
  /** All bytes of one read were given. */
  responseFlush(): void;
  /** `answered`: bytes of an answer had come. */
  broken(why: Break, answered: boolean): void;
  /** The endpoint takes more of the request. */
  requestDrained(): void;
}

/** The way to an endpoint for one exchange. */
export interface ClientStream {
  /** `address:port` of this end. */
  readonly local: string;
  /** Begins the exchange. Without a body all of it leaves at once; else the head may wait for the body's first bytes or `flush`. */
  send(caller: Caller, request: OutgoingRequest): void;
  /** False: wait for `requestDrained` before giving more. */
  body(buffer: Buffer, start: number, end: number): boolean;
  endBody(trailers: readonly string[] | undefined): void;
  flush(): void;
  /** No more of the answer for now. */
  pause(): void;
  resume(): void;
  /** The caller no longer wants the answer. */
  abandon(): void;
}

/** Whether a request has a body, and whether its length is known before. */
export function bodyOf(message: RequestMessage): "none" | "length" | "unknown" {
  return message.chunked ? "unknown" : message.contentLength > 0 ? "length" : "none";
}
