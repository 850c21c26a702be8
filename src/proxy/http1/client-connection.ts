// On the path of every request.
import {
  ChunkReader,
  chunkLine,
  defaultLimits,
  HeadReader,
  lastChunkWith,
  readResponse,
  type BodyEnd,
  type ResponseMessage,
} from "../../wire/index.ts";
import { bodyOf, type Caller, type ClientStream, type OutgoingRequest } from "../http/codec.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";
import { printOutgoing } from "./print.ts";

/** Interim answers to one request; more of them are a flood. */
const mostInterim = 64;

/** One connection to an endpoint; carries one exchange at a time. */
export class Http1ClientConnection implements ClientStream, SocketUser {
  readonly socket: WireSocket;
  /** Requests sent, the present one included. */
  requests = 0;
  /** When it became idle, ticker's milliseconds. */
  idleSince = 0;
  readonly #idle: (connection: Http1ClientConnection) => void;
  readonly #gone: (connection: Http1ClientConnection) => void;
  readonly #heads = new HeadReader(defaultLimits, "response");
  #caller: Caller | undefined;
  #pendingHead = "";
  #chunkedRequest = false;
  #requestOpen = false;
  #state: "head" | BodyEnd | "tunnel" = "head";
  #left = 0;
  #chunks: ChunkReader | undefined;
  #persistent = true;
  #answered = false;
  #interim = 0;
  /** The protocol the request asks to switch to. */
  #upgrade: string | undefined = undefined;

  constructor(
    socket: WireSocket,
    idle: (connection: Http1ClientConnection) => void,
    gone: (connection: Http1ClientConnection) => void,
  ) {
    this.socket = socket;
    this.#idle = idle;
    this.#gone = gone;
    socket.user = this;
  }

  /** Bytes on it can be trusted to belong to the next exchange. */
  get usable(): boolean {
    return !this.socket.closed && this.#caller === undefined;
  }

  get local(): string {
    return this.socket.local;
  }

  send(caller: Caller, request: OutgoingRequest): void {
    this.#caller = caller;
    this.requests += 1;
    this.#answered = false;
    this.#persistent = true;
    this.#interim = 0;
    this.#upgrade = request.message.upgrade;
    const body = bodyOf(request.message);
    this.#chunkedRequest = body === "unknown";
    this.#requestOpen = body !== "none";
    const head = printOutgoing(request);
    if (this.#requestOpen) this.#pendingHead = head;
    else this.socket.write(head);
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    if (start === end) return true;
    const head = this.#pendingHead;
    this.#pendingHead = "";
    if (!this.#chunkedRequest) return this.socket.carryBetween(head, buffer, start, end, "");
    return this.socket.carryBetween(head + chunkLine(end - start), buffer, start, end, "\r\n");
  }

  endBody(trailers: readonly string[] | undefined): void {
    if (this.#state === "tunnel") return this.socket.end();
    this.flush();
    if (this.#chunkedRequest) this.socket.write(lastChunkWith(trailers));
    this.#requestOpen = false;
  }

  flush(): void {
    if (this.#pendingHead === "") return;
    this.socket.write(this.#pendingHead);
    this.#pendingHead = "";
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Nothing can be told apart on this connection any more. */
  abandon(): void {
    this.#caller = undefined;
    this.#close();
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    const caller = this.#caller;
    // Nobody asked for these bytes: what comes next could be anything.
    if (!caller) return this.#close();
    this.#answered = true;
    let at = start;
    while (at < end && this.#caller === caller) {
      switch (this.#state) {
        case "head":
          at = this.#readHead(caller, buffer, at, end);
          break;
        case "length": {
          const stop = Math.min(end, at + this.#left);
          this.#left -= stop - at;
          caller.responseData(buffer, at, stop);
          at = stop;
          if (this.#left === 0) this.#finish();
          break;
        }
        case "chunked":
          at = this.#readChunks(caller, buffer, at, end);
          break;
        case "none":
        case "close":
        case "tunnel":
          caller.responseData(buffer, at, end);
          at = end;
      }
    }
    if (this.#caller === caller) caller.responseFlush();
    // Bytes behind a complete answer: never asked for.
    else if (at < end) this.#close();
  }

  ended(): void {
    const caller = this.#caller;
    if (caller && this.#state === "close") return this.#finish();
    if (caller && this.#state === "tunnel") {
      this.#caller = undefined;
      this.socket.end();
      return caller.responseEnd(undefined);
    }
    this.socket.destroy();
  }

  closed(): void {
    const caller = this.#caller;
    this.#caller = undefined;
    this.#gone(this);
    caller?.broken("connection-termination", this.#answered);
  }

  drained(): void {
    this.#caller?.requestDrained();
  }

  #readHead(caller: Caller, buffer: Buffer, start: number, end: number): number {
    const text = this.#heads.read(buffer, start, end);
    if (text === undefined) return end;
    const message = typeof text === "string" ? readResponse(text, defaultLimits) : text;
    if ("refused" in message || this.#unasked(message)) {
      this.#caller = undefined;
      this.#close();
      caller.broken("protocol-error", true);
      return end;
    }
    const at = this.#heads.position;
    if (message.status < 200 && message.status !== 101) {
      caller.responseHead(message, "none");
      return at;
    }
    this.#persistent = message.persistent;
    const bodyEnd = message.bodyEnd(caller.method);
    this.#state = bodyEnd;
    this.#left = message.contentLength;
    this.#chunks = bodyEnd === "chunked" ? new ChunkReader() : undefined;
    if (message.status === 101 || (caller.method === "CONNECT" && message.status < 300)) this.#state = "tunnel";
    caller.responseHead(message, bodyEnd);
    if (this.#state === "none" && this.#caller === caller) this.#finish();
    return at;
  }

  /** Nothing switches to a protocol nobody asked for (RFC 9110 §7.8), and hints come to an end. */
  #unasked({ status, upgrade }: ResponseMessage): boolean {
    if (status >= 200) return false;
    if (status === 101) return this.#upgrade === undefined || upgrade !== this.#upgrade;
    this.#interim += 1;
    return this.#interim > mostInterim;
  }

  #readChunks(caller: Caller, buffer: Buffer, start: number, end: number): number {
    const chunks = this.#chunks ?? new ChunkReader();
    const at = chunks.read(buffer, start, end, {
      data: (bytes, from, to) => {
        if (this.#caller === caller) caller.responseData(bytes, from, to);
      },
    });
    if (chunks.failed) {
      this.#caller = undefined;
      this.#close();
      caller.broken("protocol-error", true);
      return end;
    }
    if (chunks.done) this.#finish();
    return at;
  }

  #finish(): void {
    const caller = this.#caller;
    const trailers = this.#chunks?.trailers;
    const reusable = this.#persistent && !this.#requestOpen && this.#state !== "close" && this.#state !== "tunnel";
    this.#caller = undefined;
    this.#state = "head";
    this.#chunks = undefined;
    this.socket.resume();
    // The next exchange may take this connection while the caller ends the present one.
    if (reusable && !this.socket.closed) this.#idle(this);
    else this.#close();
    caller?.responseEnd(trailers);
  }

  #close(): void {
    this.socket.destroy();
  }
}
