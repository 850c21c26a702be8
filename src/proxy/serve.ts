import type { Socket } from "node:net";
import type { ConnectionFacts, Endpoint, Listener, TcpSeries, WorkloadLabels } from "./config/contract.ts";
import { endpointKey } from "./config/endpoint.ts";
import { unknownWorkload } from "./config/workload-labels.ts";
import { clientCertificate } from "./http/inbound-hop.ts";
import { acceptRequests, codecOf } from "./http/accept.ts";
import type { ServerConnection } from "./http/codec.ts";
import type { Origin, Party, Surroundings } from "./http/surroundings.ts";
import { nobody, WireSocket } from "./net/socket.ts";
import { FirstBytes, type Found } from "./tcp/first-bytes.ts";
import { proxyTcp, type Carried } from "./tcp/tcp-proxy.ts";

/** A connection that was accepted, and what it is to whom. */
export interface Arrival {
  readonly owner: Party;
  readonly listener: Listener;
  readonly direction: Origin["direction"];
  /** The name of the listener whose own socket it came in on; absent in a mesh, where the destination tells the listener. */
  readonly bound?: string;
  readonly destination: { readonly address: string; readonly port: number };
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Inbound: the caller, as far as it is known. */
  readonly peer: WorkloadLabels;
}

/** A connection that carries requests: what its chain was chosen by. */
interface Entered {
  readonly arrival: Arrival;
  readonly facts: ConnectionFacts;
}

/** Takes connections through their listener: first bytes, filter chain, then requests or bytes. */
export class Service {
  readonly #surroundings: Surroundings;
  readonly #connections = new Map<ServerConnection, Entered>();
  /** Every client's connection, whatever it carries. */
  readonly #sockets = new Set<WireSocket>();
  #emptied: PromiseWithResolvers<void> | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  accept(accepted: Socket, arrival: Arrival): void {
    const socket = WireSocket.over(accepted, nobody);
    this.#sockets.add(socket);
    socket.socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#emptied?.resolve();
    });
    this.#readFirst(socket, arrival, undefined, []);
  }

  /** Every client is told with its next answer that there will be no more on its connection. Resolves when none is left. */
  drain(): Promise<void> {
    for (const connection of this.#connections.keys()) connection.drain();
    this.#emptied ??= Promise.withResolvers();
    if (this.#sockets.size === 0) this.#emptied.resolve();
    return this.#emptied.promise;
  }

  /** Listeners changed: the next request of every connection meets the new rules; where there are none it is the last. */
  follow(): void {
    for (const [connection, { arrival, facts }] of this.#connections) {
      const listener = listenerOf(arrival);
      if (listener === arrival.listener) continue;
      const chain = listener?.chain(facts);
      if (listener && chain?.kind === "http") {
        connection.follow(chain);
        this.#connections.set(connection, { arrival: { ...arrival, listener }, facts });
      } else connection.drain();
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #readFirst(socket: WireSocket, arrival: Arrival, first: Buffer | undefined, series: readonly TcpSeries[]): void {
    const { detect } = arrival.listener;
    const unread: Found = { seen: undefined, ends: undefined, first };
    if (!detect) return this.#enter(socket, arrival, unread, series);
    FirstBytes.read(socket, detect, first, this.#surroundings.ticker, (found) =>
      this.#enter(socket, arrival, found, series),
    );
  }

  #enter(socket: WireSocket, arrival: Arrival, { seen, ends, first }: Found, series: readonly TcpSeries[]): void {
    const { owner, direction, listener, peer } = arrival;
    const { source, destination } = ends ?? {
      source: { address: arrival.remoteAddress, port: arrival.remotePort },
      destination: arrival.destination,
    };
    const facts: ConnectionFacts = {
      destinationAddress: destination.address,
      destinationPort: destination.port,
      sourceAddress: source.address,
      protocol: seen?.protocol ?? "unknown",
      ...(seen?.serverName === undefined ? {} : { serverName: seen.serverName }),
    };
    const chain = listener.chain(facts);
    if (!chain) return socket.reset();
    const origin = {
      owner,
      direction,
      peer,
      clientCertificate: peer === unknownWorkload ? undefined : clientCertificate(owner, peer),
      remote: endpointKey(source.address, source.port),
      remoteAddress: source.address,
      local: endpointKey(destination.address, destination.port),
      destination,
    };
    if (chain.kind === "http") {
      const codec = codecOf(chain, facts.protocol, socket.alpn);
      const connection = acceptRequests(socket, { ...origin, chain }, codec, this.#surroundings, () => {
        this.#connections.delete(connection);
        for (const each of series) {
          each.received(socket.socket.bytesRead);
          each.sent(socket.socket.bytesWritten);
          each.closed();
        }
      });
      this.#connections.set(connection, { arrival, facts });
      for (const each of series) each.opened();
      if (first) connection.bytes(first, 0, first.length);
      if (socket.ended) connection.ended();
      return;
    }
    const carried: Carried = { chain, origin, socket, first, seen, series };
    proxyTcp(carried, this.#surroundings, (...args) => this.#enterCallee(...args));
  }

  /** The callee is served here too: its listener takes the connection over, as if it had arrived there. */
  #enterCallee(carried: Carried, callee: Party, endpoint: Endpoint, series: readonly TcpSeries[]): boolean {
    const listener = callee.config.ready ? callee.config.inbound(endpoint.port) : undefined;
    if (!listener) return false;
    const { origin, socket, first, seen } = carried;
    const separator = origin.remote.lastIndexOf(":");
    const arrival: Arrival = {
      owner: callee,
      listener,
      direction: "inbound",
      destination: { address: endpoint.address, port: endpoint.port },
      remoteAddress: origin.remoteAddress,
      remotePort: Number(origin.remote.slice(separator + 1)),
      peer: origin.owner.meshed ? origin.owner.labels : unknownWorkload,
    };
    // A server that speaks first is waited for once, not once for each side's rules.
    if (seen && listener.detect && !listener.detect.proxied) {
      this.#enter(socket, arrival, { seen, ends: undefined, first }, series);
    } else this.#readFirst(socket, arrival, first, series);
    return true;
  }
}

/** The listener a connection would meet today. */
function listenerOf({ owner: { config }, direction, destination, bound }: Arrival): Listener | undefined {
  if (bound !== undefined) return config.listener(bound);
  switch (direction) {
    case "inbound":
      return config.inbound(destination.port);
    case "outbound":
      return config.outbound(destination.address, destination.port);
    case "gateway":
      return config.gateway(destination.port);
  }
}
