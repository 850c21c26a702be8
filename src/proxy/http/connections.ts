import type { Cluster, Endpoint } from "../config/contract.ts";
import { nobody, type WireSocket } from "../net/socket.ts";
import { securing } from "./securing.ts";
import type { Surroundings } from "./surroundings.ts";

/** What sets the connections of a pool apart from others to the same endpoint. */
export interface Purpose {
  /** What names the client such a connection is made for: it serves one exchange, and nobody else's. */
  readonly header?: Buffer;
  /** The name that is asked for over TLS, as a request has it. */
  readonly serverName?: string;
}

/** Opens and counts the connections of one cluster to one endpoint, whatever they speak. */
export class Connections {
  readonly cluster: Cluster;
  readonly endpoint: Endpoint;
  readonly surroundings: Surroundings;
  readonly #first: () => void;
  readonly #last: () => void;
  readonly #purpose: Purpose;
  /** Open ones, and those being made. */
  #count = 0;

  /** `first` is called when there is one after there was none, `last` when there is none any more. */
  constructor(
    cluster: Cluster,
    endpoint: Endpoint,
    surroundings: Surroundings,
    on: { readonly first: () => void; readonly last: () => void },
    purpose: Purpose = {},
  ) {
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.surroundings = surroundings;
    this.#first = on.first;
    this.#last = on.last;
    this.#purpose = purpose;
  }

  /** Exchanges a connection may carry; 0: as many as come. */
  get maxRequests(): number {
    return this.#purpose.header ? 1 : this.cluster.maxRequestsPerConnection;
  }

  /**
   * Without one of its own nobody would ever wake who waits here, so one is always allowed, as in Envoy; but not one for
   * whatever name or address clients come with.
   */
  get mayOpen(): boolean {
    const { load, limits } = this.cluster;
    const { header, serverName } = this.#purpose;
    const always = header === undefined && serverName === undefined;
    return (this.#count === 0 && always) || load.connections < limits.connections;
  }

  /** There is none, and there can be none: nobody would ever make room for who waits. */
  get hopeless(): boolean {
    return this.#count === 0 && !this.mayOpen;
  }

  /** `alpn`: what is offered to speak where TLS is wanted. One of the two is called later; after `opened` its user says `left` when the connection is gone. */
  open(alpn: readonly string[], opened: (socket: WireSocket) => void, failed: (reason: string) => void): void {
    const { load, connectTimeout, keepAlive } = this.cluster;
    load.connections += 1;
    this.#count += 1;
    if (this.#count === 1) this.#first();
    const { address, port } = this.endpoint;
    const { header, serverName } = this.#purpose;
    const secure = securing(this.cluster, this.endpoint, { alpn, serverName }, this.surroundings);
    const destination = { address, port, timeout: connectTimeout, keepAlive, secure, header };
    this.surroundings.connector.connect(destination, nobody, {
      connected: opened,
      failed: (reason) => {
        this.left();
        failed(reason);
      },
    });
  }

  left(): void {
    this.cluster.load.connections -= 1;
    this.#count -= 1;
    if (this.#count === 0) this.#last();
  }
}
