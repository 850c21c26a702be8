// On the path of every request.
import type { Connections } from "../http/connections.ts";
import type { Waiting } from "../http/pool.ts";
import type { WireSocket } from "../net/socket.ts";
import { Http1ClientConnection } from "./client-connection.ts";

/** HTTP/1.1 connections to one endpoint: each carries one exchange at a time, and is kept for the next. */
export class Http1Pool {
  readonly #connections: Connections;
  readonly #idle: Http1ClientConnection[] = [];
  readonly #queue: Waiting[] = [];

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Gives a connection, at once where one is idle. `fresh`: not one that was used before. */
  acquire(waiting: Waiting, fresh: boolean): void {
    let idle = fresh ? undefined : this.#idle.pop();
    while (idle && !idle.usable) idle = this.#idle.pop();
    if (idle) return this.#attach(idle, waiting, true);
    if (this.#connections.mayOpen) {
      return this.#connections.open(
        ["http/1.1"],
        (socket) => this.adopt(socket, waiting),
        (reason) => {
          waiting.unreachable(reason);
          this.#serveNext();
        },
      );
    }
    const { load, limits } = this.#connections.cluster;
    if (load.pending >= limits.pending) return waiting.overflow();
    load.pending += 1;
    this.#queue.push(waiting);
  }

  /** Takes a new connection, for whom it was made. */
  adopt(socket: WireSocket, waiting: Waiting): void {
    const connection = new Http1ClientConnection(
      socket,
      (free) => this.#release(free),
      (gone) => this.#remove(gone),
    );
    this.#attach(connection, waiting, false);
  }

  /** Stops waiting, where it waits in the queue. */
  forget(waiting: Waiting): void {
    if (this.#queue.length === 0) return;
    const index = this.#queue.indexOf(waiting);
    if (index === -1) return;
    this.#queue.splice(index, 1);
    this.#connections.cluster.load.pending -= 1;
  }

  sweep(now: number): void {
    const { cluster, endpoint } = this.#connections;
    for (const connection of this.#idle) {
      const old = cluster.idleTimeout > 0 && now - connection.idleSince >= cluster.idleTimeout;
      if (old || endpoint.gone) connection.socket.destroy();
    }
  }

  #attach(connection: Http1ClientConnection, waiting: Waiting, reused: boolean): void {
    if (!waiting.attached(connection, reused) && connection.usable) this.#release(connection);
  }

  #release(connection: Http1ClientConnection): void {
    const { cluster, endpoint, surroundings, maxRequests } = this.#connections;
    const worn = maxRequests > 0 && connection.requests >= maxRequests;
    if (worn || endpoint.gone) return connection.socket.destroy();
    const next = this.#queue.shift();
    if (next) {
      cluster.load.pending -= 1;
      // After the present exchange has ended in peace.
      return queueMicrotask(() =>
        connection.usable ? this.#attach(connection, next, true) : this.acquire(next, false),
      );
    }
    connection.idleSince = surroundings.ticker.now();
    this.#idle.push(connection);
  }

  #remove(connection: Http1ClientConnection): void {
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    this.#connections.left();
    this.#serveNext();
  }

  #serveNext(): void {
    const next = this.#queue.shift();
    if (!next) return;
    this.#connections.cluster.load.pending -= 1;
    this.acquire(next, false);
  }
}
