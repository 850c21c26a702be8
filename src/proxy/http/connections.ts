import type { Cluster, Endpoint } from "../config/contract.ts";
import { nobody, type WireSocket } from "../net/socket.ts";
import { securing } from "./securing.ts";
import type { Surroundings } from "./surroundings.ts";

/** Opens and counts the connections of one cluster to one endpoint, whatever they speak. */
export class Connections {
  readonly cluster: Cluster;
  readonly endpoint: Endpoint;
  readonly surroundings: Surroundings;
  readonly #first: () => void;
  readonly #last: () => void;
  /** Open ones, and those being made. */
  #count = 0;

  /** `first` is called when there is one after there was none, `last` when there is none any more. */
  constructor(
    cluster: Cluster,
    endpoint: Endpoint,
    surroundings: Surroundings,
    on: { readonly first: () => void; readonly last: () => void },
  ) {
    this.cluster = cluster;
    this.endpoint = endpoint;
    this.surroundings = surroundings;
    this.#first = on.first;
    this.#last = on.last;
  }

  /** Without one of its own nobody would ever wake who waits here, so one is always allowed, as in Envoy. */
  get mayOpen(): boolean {
    const { load, limits } = this.cluster;
    return this.#count === 0 || load.connections < limits.connections;
  }

  /** `alpn`: what is offered to speak where TLS is wanted. One of the two is called later; after `opened` its user says `left` when the connection is gone. */
  open(alpn: readonly string[], opened: (socket: WireSocket) => void, failed: (reason: string) => void): void {
    const { load, connectTimeout } = this.cluster;
    load.connections += 1;
    this.#count += 1;
    if (this.#count === 1) this.#first();
    const { address, port } = this.endpoint;
    const secure = securing(this.cluster, this.endpoint, alpn, this.surroundings);
    this.surroundings.connector.connect({ address, port, timeout: connectTimeout, secure }, nobody, {
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
