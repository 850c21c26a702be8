// On the path of every request.
import type { Cluster, Endpoint, HttpSeries, WorkloadLabels } from "../config/contract.ts";
import { Http1Pool } from "../http1/pool.ts";
import type { ClientStream } from "./codec.ts";
import { Connections } from "./connections.ts";
import type { Surroundings, Swept } from "./surroundings.ts";

/** What is spoken with an endpoint; `auto`: what TLS agrees on. */
export type UpstreamProtocol = "http1" | "http2" | "auto";

/** Who waits for a way to an endpoint. */
export interface Waiting {
  /** `reused`: an exchange went over its connection before; its peer may be closing it this moment. False: not wanted any more. */
  attached(stream: ClientStream, reused: boolean): boolean;
  unreachable(reason: string): void;
  overflow(): void;
}

/** The ways of one cluster to one endpoint, and the counters of exchanges with it. */
export class Pool implements Swept {
  /** Counters of each reporter by who calls, and the labels of the endpoint they were made for. */
  series = {
    source: new WeakMap<WorkloadLabels, HttpSeries>(),
    destination: new WeakMap<WorkloadLabels, HttpSeries>(),
  };
  seriesOf: WorkloadLabels | undefined;
  readonly #one: Http1Pool;

  private constructor(cluster: Cluster, endpoint: Endpoint, surroundings: Surroundings) {
    const { sweeper } = surroundings;
    const connections = new Connections(cluster, endpoint, surroundings, {
      first: () => sweeper.add(this),
      last: () => sweeper.remove(this),
    });
    this.#one = new Http1Pool(connections);
  }

  static of(cluster: Cluster, endpoint: Endpoint, surroundings: Surroundings): Pool {
    if (endpoint.slot instanceof Pool) return endpoint.slot;
    const pool = new Pool(cluster, endpoint, surroundings);
    endpoint.slot = pool;
    return pool;
  }

  /** Gives a way, at once where there is one. `fresh`: not over a connection that was used before. */
  acquire(waiting: Waiting, _protocol: UpstreamProtocol, fresh: boolean): void {
    this.#one.acquire(waiting, fresh);
  }

  /** Stops waiting, where it waits in a queue. */
  forget(waiting: Waiting): void {
    this.#one.forget(waiting);
  }

  sweep(now: number): void {
    this.#one.sweep(now);
  }
}
