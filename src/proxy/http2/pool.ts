// On the path of every request.
import type { Connections } from "../http/connections.ts";
import type { Waiting } from "../http/pool.ts";
import type { WireSocket } from "../net/socket.ts";
import { Http2ClientConnection, type ConnectionKeeper } from "./client-connection.ts";

/** HTTP/2 connections to one endpoint: one as long as it has room for another stream, then more. */
export class Http2Pool implements ConnectionKeeper {
  readonly #connections: Connections;
  readonly #open: Http2ClientConnection[] = [];
  /** Those that take no new streams, until they are gone. */
  readonly #leaving = new Set<Http2ClientConnection>();
  readonly #queue: Waiting[] = [];
  #connecting = 0;
  #idleSince = 0;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  acquire(waiting: Waiting): void {
    for (const connection of this.#open) if (connection.room > 0) return this.#attach(connection, waiting);
    const { load, limits } = this.#connections.cluster;
    if (this.#connecting === 0 && this.#connections.mayOpen) this.#connect();
    else if (load.pending >= limits.pending) return waiting.overflow();
    load.pending += 1;
    this.#queue.push(waiting);
  }

  /** Takes a new connection, for whom it was made. */
  adopt(socket: WireSocket, waiting: Waiting): void {
    this.#attach(this.#add(socket), waiting);
  }

  forget(waiting: Waiting): void {
    if (this.#queue.length === 0) return;
    const index = this.#queue.indexOf(waiting);
    if (index === -1) return;
    this.#queue.splice(index, 1);
    this.#connections.cluster.load.pending -= 1;
  }

  sweep(now: number): void {
    for (const connection of this.#open.slice()) connection.sweep(now);
    for (const connection of this.#leaving) connection.sweep(now);
    const { cluster, endpoint } = this.#connections;
    const busy = this.#open.some(({ idle }) => !idle);
    if (busy || this.#idleSince === 0) this.#idleSince = now;
    const old = cluster.idleTimeout > 0 && now - this.#idleSince >= cluster.idleTimeout;
    if (old || endpoint.gone) for (const connection of this.#open.slice()) connection.close();
  }

  available(): void {
    this.#serve();
  }

  closing(connection: Http2ClientConnection): void {
    const index = this.#open.indexOf(connection);
    if (index !== -1) this.#open.splice(index, 1);
    this.#leaving.add(connection);
    this.#serve();
  }

  gone(connection: Http2ClientConnection): void {
    this.#connections.left();
    this.closing(connection);
    this.#leaving.delete(connection);
  }

  #attach(connection: Http2ClientConnection, waiting: Waiting): void {
    const reused = connection.requests > 0;
    if (!waiting.attached(connection.stream(), reused)) return;
    const { maxRequests } = this.#connections;
    if (maxRequests > 0 && connection.requests >= maxRequests) connection.close();
  }

  #connect(): void {
    this.#connecting += 1;
    this.#connections.open(
      ["h2"],
      (socket) => {
        this.#connecting -= 1;
        this.#add(socket);
        this.#serve();
      },
      (reason) => {
        this.#connecting -= 1;
        for (const waiting of this.#takeAll()) waiting.unreachable(reason);
      },
    );
  }

  #add(socket: WireSocket): Http2ClientConnection {
    const { cluster, surroundings } = this.#connections;
    const connection = new Http2ClientConnection(socket, cluster.http2, this, surroundings.ticker.now());
    this.#open.push(connection);
    return connection;
  }

  /** Gives what room there is to those who wait, and opens more where there is none. */
  #serve(): void {
    while (this.#queue.length > 0) {
      const connection = this.#open.find(({ room }) => room > 0);
      if (!connection) {
        if (this.#connecting === 0 && this.#connections.mayOpen) this.#connect();
        return;
      }
      const next = this.#queue.shift();
      if (!next) return;
      this.#connections.cluster.load.pending -= 1;
      this.#attach(connection, next);
    }
  }

  #takeAll(): readonly Waiting[] {
    const all = this.#queue.splice(0);
    this.#connections.cluster.load.pending -= all.length;
    return all;
  }
}
