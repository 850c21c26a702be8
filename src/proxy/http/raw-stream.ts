import { ResponseMessage } from "../../wire/index.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";
import type { Caller, ClientStream } from "./codec.ts";

/** A CONNECT that ends here: a connection of its own to the endpoint, whose bytes are the tunnel's (RFC 9110 §9.3.6). */
export class RawStream implements ClientStream, SocketUser {
  readonly #socket: WireSocket;
  readonly #gone: () => void;
  #caller: Caller | undefined;

  constructor(socket: WireSocket, gone: () => void) {
    this.#socket = socket;
    this.#gone = gone;
    socket.user = this;
    // Nobody is told of its bytes before the client knows that there is a tunnel.
    socket.pause();
  }

  get local(): string {
    return this.#socket.local;
  }

  send(caller: Caller): void {
    this.#caller = caller;
    // The caller is still giving the request.
    queueMicrotask(() => {
      if (this.#caller !== caller) return;
      const message = new ResponseMessage();
      message.status = 200;
      caller.responseHead(message, "none");
      this.#socket.resume();
    });
  }

  body(buffer: Buffer, start: number, end: number): boolean {
    return this.#socket.carry(buffer, start, end);
  }

  endBody(): void {
    this.#socket.end();
  }

  flush(): void {
    // Nothing is held back.
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  abandon(): void {
    this.#caller = undefined;
    this.#socket.destroy();
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#caller?.responseData(buffer, start, end);
    this.#caller?.responseFlush();
  }

  ended(): void {
    const caller = this.#caller;
    this.#caller = undefined;
    this.#socket.end();
    caller?.responseEnd(undefined);
  }

  closed(): void {
    this.#gone();
    const caller = this.#caller;
    this.#caller = undefined;
    caller?.broken("connection-termination", true);
  }

  drained(): void {
    this.#caller?.requestDrained();
  }
}
