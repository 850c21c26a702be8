import { http2Preface } from "../../wire/index.ts";
import type { HttpChain } from "../config/contract.ts";
import { Http1ServerConnection } from "../http1/server-connection.ts";
import { Http2ServerConnection } from "../http2/server-connection.ts";
import type { SocketUser, WireSocket } from "../net/socket.ts";
import type { ServerConnection } from "./codec.ts";
import type { Origin, Surroundings, Swept } from "./surroundings.ts";

/** Milliseconds without a byte after which a client that is to go is not waited for any longer. */
const drainPatience = 1500;

/** What a client of a chain speaks; undefined: its first bytes will show. */
export function codecOf(chain: HttpChain, sniffed: string, alpn: string | undefined): "http1" | "http2" | undefined {
  if (chain.codec !== "auto") return chain.codec;
  if (alpn === "h2" || sniffed === "h2c") return "http2";
  return alpn === "http/1.1" || sniffed === "http/1.1" ? "http1" : undefined;
}

/** Reads requests from a connection. `closed` is called once, when it is gone. */
export function acceptRequests(
  socket: WireSocket,
  origin: Origin,
  codec: "http1" | "http2" | undefined,
  surroundings: Surroundings,
  closed: () => void,
): ServerConnection & SocketUser {
  switch (codec) {
    case "http1":
      return new Http1ServerConnection(socket, origin, surroundings, closed);
    case "http2":
      return new Http2ServerConnection(socket, origin, surroundings, closed);
    case undefined:
      return new UndecidedConnection(socket, origin, surroundings, closed);
  }
}

/** A client that has not said enough to tell which HTTP it speaks: nothing but HTTP/2's preface begins as that does. */
class UndecidedConnection implements ServerConnection, SocketUser, Swept {
  readonly #socket: WireSocket;
  readonly #surroundings: Surroundings;
  readonly #closed: () => void;
  #since: number;
  #origin: Origin;
  #first: Buffer = Buffer.alloc(0);
  /** It is to go once it had its answer; what it asks may be on its way. */
  #draining = false;
  #decided: (ServerConnection & SocketUser) | undefined;

  constructor(socket: WireSocket, origin: Origin, surroundings: Surroundings, closed: () => void) {
    this.#socket = socket;
    this.#origin = origin;
    this.#surroundings = surroundings;
    this.#closed = closed;
    this.#since = surroundings.ticker.now();
    socket.user = this;
    surroundings.sweeper.add(this);
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#first = Buffer.concat([this.#first, buffer.subarray(start, end)]);
    const length = Math.min(this.#first.length, http2Preface.length);
    const begins = this.#first.compare(http2Preface, 0, length, 0, length) === 0;
    if (begins && length < http2Preface.length) return;
    this.#decide(begins ? "http2" : "http1");
  }

  ended(): void {
    this.#decide("http1").ended();
  }

  closed(): void {
    this.#surroundings.sweeper.remove(this);
    this.#closed();
  }

  drained(): void {
    // Nothing was written.
  }

  sweep(now: number): void {
    const { headTimeout, idleTimeout } = this.#origin.chain.connection;
    const silent = this.#draining ? drainPatience : idleTimeout || Infinity;
    if (now - this.#since > (this.#first.length > 0 ? headTimeout : silent)) this.#socket.destroy();
  }

  follow(chain: HttpChain): void {
    this.#origin = { ...this.#origin, chain };
    this.#decided?.follow(chain);
  }

  drain(): void {
    if (this.#decided) return this.#decided.drain();
    this.#draining = true;
    this.#since = this.#surroundings.ticker.now();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #decide(codec: "http1" | "http2"): SocketUser {
    this.#surroundings.sweeper.remove(this);
    const decided = acceptRequests(this.#socket, this.#origin, codec, this.#surroundings, this.#closed);
    this.#decided = decided;
    if (this.#draining) decided.drain();
    const first = this.#first;
    this.#first = Buffer.alloc(0);
    if (first.length > 0) decided.bytes(first, 0, first.length);
    return decided;
  }
}
