// On the path of every request.
import type { Cluster, Endpoint, HttpSeries, WorkloadLabels } from "../config/contract.ts";
import { Http1Pool } from "../http1/pool.ts";
import { Http2Pool } from "../http2/pool.ts";
import type { WireSocket } from "../net/socket.ts";
import type { ClientStream } from "./codec.ts";
import { Connections, type Purpose } from "./connections.ts";
import { RawStream } from "./raw-stream.ts";
import type { Surroundings, Swept } from "./surroundings.ts";

/** What is spoken with an endpoint; `auto`: what TLS agrees on; `raw`: bytes, on a connection of their own. */
export type UpstreamProtocol = "http1" | "http2" | "auto" | "raw";

/** Who waits for a way to an endpoint. */
export interface Waiting {
  /** `reused`: an exchange went over its connection before; its peer may be closing it this moment. False: not wanted any more. */
  attached(stream: ClientStream, reused: boolean): boolean;
  unreachable(reason: string): void;
  overflow(): void;
}

/** Counters of each reporter, by who calls. */
class SeriesByCaller {
  readonly source = new WeakMap<WorkloadLabels, HttpSeries>();
  readonly destination = new WeakMap<WorkloadLabels, HttpSeries>();
}

/** Counters of exchanges with an endpoint, of gRPC apart from others. */
export class PoolSeries {
  readonly http = new SeriesByCaller();
  readonly grpc = new SeriesByCaller();
}

/** The ways of one cluster to one endpoint, and the counters of exchanges with it. */
export class Pool implements Swept {
  /** And the labels of the endpoint they were made for. */
  series = new PoolSeries();
  seriesOf: WorkloadLabels | undefined;
  readonly #connections: Connections;
  readonly #one: Http1Pool;
  readonly #two: Http2Pool;
  /** What TLS agreed on last. */
  #agreed: "http1" | "http2" | undefined;

  /** Those whose connections ask for the name a request has, while there are any. */
  readonly #named = new Map<string, Pool>();

  private constructor(
    cluster: Cluster,
    endpoint: Endpoint,
    surroundings: Surroundings,
    purpose: Purpose = {},
    emptied: () => void = () => undefined,
  ) {
    const { sweeper } = surroundings;
    const last = () => {
      sweeper.remove(this);
      emptied();
    };
    this.#connections = new Connections(
      cluster,
      endpoint,
      surroundings,
      { first: () => sweeper.add(this), last },
      purpose,
    );
    this.#one = new Http1Pool(this.#connections);
    this.#two = new Http2Pool(this.#connections);
  }

  static of(cluster: Cluster, endpoint: Endpoint, surroundings: Surroundings): Pool {
    if (endpoint.slot instanceof Pool) return endpoint.slot;
    const pool = new Pool(cluster, endpoint, surroundings);
    endpoint.slot = pool;
    return pool;
  }

  /** For one exchange, on a connection that begins with what names its client. */
  static alone(cluster: Cluster, endpoint: Endpoint, header: Buffer, surroundings: Surroundings): Pool {
    return new Pool(cluster, endpoint, surroundings, { header });
  }

  /** For exchanges whose connections ask for this name. */
  named(serverName: string): Pool {
    let pool = this.#named.get(serverName);
    if (!pool) {
      const { cluster, endpoint, surroundings } = this.#connections;
      pool = new Pool(cluster, endpoint, surroundings, { serverName }, () => this.#named.delete(serverName));
      if (!pool.#connections.hopeless) this.#named.set(serverName, pool);
    }
    return pool;
  }

  /** Gives a way, at once where there is one. `fresh`: not over a connection that was used before. */
  acquire(waiting: Waiting, protocol: UpstreamProtocol, fresh: boolean): void {
    if (this.#connections.hopeless) return waiting.overflow();
    switch (protocol === "auto" ? this.#agreed : protocol) {
      case "http1":
        return this.#one.acquire(waiting, fresh);
      case "http2":
        return this.#two.acquire(waiting);
      case "raw":
        return this.#openRaw(waiting);
      case undefined:
        return this.#agree(waiting);
    }
  }

  /** Stops waiting, where it waits in a queue. */
  forget(waiting: Waiting): void {
    this.#one.forget(waiting);
    this.#two.forget(waiting);
  }

  sweep(now: number): void {
    this.#one.sweep(now);
    this.#two.sweep(now);
  }

  #openRaw(waiting: Waiting): void {
    if (!this.#connections.mayOpen) return waiting.overflow();
    this.#connections.open(
      [],
      (socket) => {
        const stream = new RawStream(socket, () => this.#connections.left());
        if (!waiting.attached(stream, false)) stream.abandon();
      },
      (reason) => waiting.unreachable(reason),
    );
  }

  /** The first connection shows what the endpoint speaks. */
  #agree(waiting: Waiting): void {
    if (!this.#connections.mayOpen) return waiting.overflow();
    this.#connections.open(
      ["h2", "http/1.1"],
      (socket) => {
        this.#agreed = agreedOn(socket);
        const pool = this.#agreed === "http2" ? this.#two : this.#one;
        pool.adopt(socket, waiting);
      },
      (reason) => waiting.unreachable(reason),
    );
  }
}

function agreedOn(socket: WireSocket): "http1" | "http2" {
  return socket.alpn === "h2" ? "http2" : "http1";
}
