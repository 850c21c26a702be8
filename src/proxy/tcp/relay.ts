// On the path of carried bytes.
import type { TcpSeries } from "../config/contract.ts";
import { nobody, type SocketUser, type WireSocket } from "../net/socket.ts";
import type { Surroundings, Swept } from "../http/surroundings.ts";
import { Timeout } from "../http/timeout.ts";

export interface RelayOptions {
  readonly client: WireSocket;
  /** Bytes of the client that were read already, to look at them. */
  readonly first: Buffer | undefined;
  readonly idleTimeout: number;
  /** Milliseconds a connection may last; 0: as long as it likes. */
  readonly maxDuration: number;
  /** Counters of each side that reports. */
  readonly series: readonly TcpSeries[];
  readonly surroundings: Surroundings;
  /** Called once, when both sides are closed. */
  readonly over: (sent: number, received: number, broken: Break | undefined) => void;
}

/** How a connection ended that did not end by itself, as far as it is told. */
export type Break = "by the endpoint" | "too long";

/** Carries bytes both ways between a client and an endpoint, each side's end and breaks included. */
export class Relay implements Swept {
  readonly #options: RelayOptions;
  #server: WireSocket | undefined;
  #received = 0;
  #sent = 0;
  #open = 1;
  #lastActive: number;
  #broken: Break | undefined;
  readonly #limit: Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#lastActive = options.surroundings.ticker.now();
    options.client.user = this.#side(() => this.#server, options.client, "received");
    // Nothing is read before there is somewhere to write it.
    options.client.pause();
    options.surroundings.sweeper.add(this);
    if (options.maxDuration === 0) return;
    this.#limit = new Timeout(options.surroundings.ticker, () => this.#tooLong());
    this.#limit.set(options.maxDuration);
  }

  /** The user of the endpoint's connection, to be given when it is made. */
  readonly serverSide: SocketUser = this.#side(() => this.#options.client, undefined, "sent");

  connected(server: WireSocket): void {
    const { client, first, series } = this.#options;
    // The client did not wait; this side was never told of.
    if (this.#open === 0) {
      server.user = nobody;
      return server.destroy();
    }
    this.#server = server;
    this.#open += 1;
    for (const each of series) each.opened();
    if (first) {
      this.#count("received", first, 0, first.length);
      server.write(first);
    }
    if (client.ended) server.end();
    client.resume();
  }

  /** No endpoint: the client sees a break. */
  failed(): void {
    this.#options.client.reset();
  }

  sweep(now: number): void {
    const { idleTimeout } = this.#options;
    if (idleTimeout > 0 && now - this.#lastActive >= idleTimeout) this.#destroy();
  }

  #tooLong(): void {
    this.#broken = "too long";
    this.#destroy();
  }

  #destroy(): void {
    this.#options.client.destroy();
    this.#server?.destroy();
  }

  #side(other: () => WireSocket | undefined, own: WireSocket | undefined, direction: "sent" | "received"): SocketUser {
    const self = () => own ?? this.#server;
    return {
      bytes: (buffer, start, end) => {
        this.#count(direction, buffer, start, end);
        if (other()?.carry(buffer, start, end) === false) self()?.pause();
      },
      ended: () => other()?.end(),
      closed: () => {
        const { error } = self() ?? {};
        if (error && direction === "sent") this.#broken ??= "by the endpoint";
        if (error) other()?.reset();
        else other()?.destroySoon();
        this.#left();
      },
      drained: () => other()?.resume(),
    };
  }

  #count(direction: "sent" | "received", buffer: Buffer, start: number, end: number): void {
    const bytes = end - start;
    this.#lastActive = this.#options.surroundings.ticker.now();
    if (direction === "sent") this.#sent += bytes;
    else this.#received += bytes;
    for (const series of this.#options.series) series[direction](bytes, buffer, start);
  }

  #left(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    const { surroundings, series, over } = this.#options;
    surroundings.sweeper.remove(this);
    this.#limit?.clear();
    if (this.#server) for (const each of series) each.closed();
    over(this.#sent, this.#received, this.#broken);
  }
}
