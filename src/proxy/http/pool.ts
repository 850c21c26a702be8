// On the path of every request.
import type { Cluster, Endpoint, HttpSeries, WorkloadLabels } from "../config/contract.ts";
import { nobody } from "../net/socket.ts";
import { ClientConnection } from "./client-connection.ts";
import type { Surroundings, Swept } from "./surroundings.ts";

/** Who waits for a connection. */
export interface Waiting {
  /** `reused`: an exchange went over it before; its peer may be closing it this moment. */
  attached(connection: ClientConnection, reused: boolean): void;
  unreachable(reason: string): void;
  overflow(): void;
}

/** Connections of one cluster to one endpoint, and the counters of exchanges with it. */
export class Pool implements Swept {
  readonly #cluster: Cluster;
  readonly #endpoint: Endpoint;
  readonly #surroundings: Surroundings;
  readonly #idle: ClientConnection[] = [];
  readonly #queue: Waiting[] = [];
  readonly #open = new Set<ClientConnection>();
  /** Counters of each reporter by who calls, and the labels of the endpoint they were made for. */
  series = {
    source: new WeakMap<WorkloadLabels, HttpSeries>(),
    destination: new WeakMap<WorkloadLabels, HttpSeries>(),
  };
  seriesOf: WorkloadLabels | undefined;
  #connecting = 0;

  private constructor(cluster: Cluster, endpoint: Endpoint, surroundings: Surroundings) {
    this.#cluster = cluster;
    this.#endpoint = endpoint;
    this.#surroundings = surroundings;
  }

  static of(cluster: Cluster, endpoint: Endpoint, surroundings: Surroundings): Pool {
    if (endpoint.slot instanceof Pool) return endpoint.slot;
    const pool = new Pool(cluster, endpoint, surroundings);
    endpoint.slot = pool;
    return pool;
  }

  /** Gives a connection, at once where one is idle. `fresh`: not one that was used before. */
  acquire(waiting: Waiting, fresh: boolean): void {
    let idle = fresh ? undefined : this.#idle.pop();
    while (idle && !idle.usable) idle = this.#idle.pop();
    if (idle) return waiting.attached(idle, true);
    const { load, limits } = this.#cluster;
    // Without one of its own nobody would ever wake who waits here, so one is always allowed, as in Envoy.
    const lonely = this.#open.size + this.#connecting === 0;
    if (lonely || load.connections < limits.connections) return this.#connect(waiting);
    if (load.pending >= limits.pending) return waiting.overflow();
    load.pending += 1;
    this.#queue.push(waiting);
  }

  /** Stops waiting, where it waits in the queue. */
  forget(waiting: Waiting): void {
    const index = this.#queue.indexOf(waiting);
    if (index === -1) return;
    this.#queue.splice(index, 1);
    this.#cluster.load.pending -= 1;
  }

  /** Takes back a connection nobody used. */
  giveBack(connection: ClientConnection): void {
    if (connection.usable) this.#release(connection);
  }

  sweep(now: number): void {
    const { idleTimeout } = this.#cluster;
    for (const connection of this.#idle) {
      const old = idleTimeout > 0 && now - connection.idleSince >= idleTimeout;
      if (old || this.#endpoint.gone) connection.socket.destroy();
    }
  }

  #connect(waiting: Waiting): void {
    const { load, connectTimeout } = this.#cluster;
    load.connections += 1;
    if (this.#open.size + this.#connecting === 0) this.#surroundings.sweeper.add(this);
    this.#connecting += 1;
    const { address, port } = this.#endpoint;
    this.#surroundings.connector.connect(address, port, connectTimeout, nobody, {
      connected: (socket) => {
        this.#connecting -= 1;
        const connection = new ClientConnection(
          socket,
          (free) => this.#release(free),
          (gone) => this.#remove(gone),
        );
        this.#open.add(connection);
        waiting.attached(connection, false);
      },
      failed: (reason) => {
        this.#connecting -= 1;
        this.#left();
        waiting.unreachable(reason);
      },
    });
  }

  #release(connection: ClientConnection): void {
    const { maxRequestsPerConnection } = this.#cluster;
    const worn = maxRequestsPerConnection > 0 && connection.requests >= maxRequestsPerConnection;
    if (worn || this.#endpoint.gone) return connection.socket.destroy();
    const next = this.#queue.shift();
    if (next) {
      this.#cluster.load.pending -= 1;
      // After the present exchange has ended in peace.
      return queueMicrotask(() => (connection.usable ? next.attached(connection, true) : this.acquire(next, false)));
    }
    connection.idleSince = this.#surroundings.ticker.now();
    this.#idle.push(connection);
  }

  #remove(connection: ClientConnection): void {
    if (!this.#open.delete(connection)) return;
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    this.#left();
  }

  #left(): void {
    this.#cluster.load.connections -= 1;
    if (this.#open.size + this.#connecting === 0) this.#surroundings.sweeper.remove(this);
    const next = this.#queue.shift();
    if (!next) return;
    this.#cluster.load.pending -= 1;
    this.acquire(next, false);
  }
}
