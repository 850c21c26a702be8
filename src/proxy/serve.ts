import type { Socket } from "node:net";
import { arrivalAt, endsOf, factsOf, listenerOf, type Arrival } from "./arrival.ts";
import type { Chain, ConnectionFacts, Endpoint, TcpSeries, WorkloadLabels } from "./config/contract.ts";
import { endpointKey } from "./config/endpoint.ts";
import { unknownWorkload } from "./config/workload-labels.ts";
import { foresee } from "./foresight.ts";
import { clientCertificate as certificateOf } from "./http/inbound-hop.ts";
import { acceptRequests, codecOf } from "./http/accept.ts";
import type { ServerConnection } from "./http/codec.ts";
import type { Party, Surroundings } from "./http/surroundings.ts";
import { nobody, WireSocket } from "./net/socket.ts";
import { Ahead } from "./tcp/ahead.ts";
import { FirstBytes, type Found, type OpenAhead } from "./tcp/first-bytes.ts";
import { proxyTcp, type Carried } from "./tcp/tcp-proxy.ts";
import { secureArriving } from "./tls/arriving.ts";

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
    this.#keep(socket);
    this.#readFirst(socket, arrival, undefined, []);
  }

  #keep(socket: WireSocket): void {
    this.#sockets.add(socket);
    socket.socket.once("close", () => this.#forget(socket));
  }

  #forget(socket: WireSocket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#emptied?.resolve();
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
    const unread: Found = { seen: undefined, ends: undefined, first, ahead: undefined };
    if (!detect) return this.#enter(socket, arrival, unread, series);
    const { ticker } = this.#surroundings;
    const openAhead: OpenAhead = (ends, listener) =>
      Ahead.open(foresee(arrival, ends, this.#surroundings), this.#surroundings, listener);
    FirstBytes.read(socket, detect, first, ticker, openAhead, (found) => {
      // Rules may have changed while nothing was said.
      this.#enter(socket, { ...arrival, listener: listenerOf(arrival) ?? arrival.listener }, found, series);
    });
  }

  #enter(socket: WireSocket, arrival: Arrival, found: Found, series: readonly TcpSeries[]): void {
    const { owner, direction, listener, peer } = arrival;
    const { seen, first, ahead } = found;
    const ends = endsOf(arrival, found.ends);
    const { source, destination } = ends;
    const facts = factsOf(ends, seen);
    const chain = listener.chain(facts);
    if (chain?.kind !== "tcp" || chain.tls) ahead?.close();
    if (!chain) return socket.reset();
    const known = {
      owner,
      direction,
      remote: endpointKey(source.address, source.port),
      remoteAddress: source.address,
      local: endpointKey(destination.address, destination.port),
      destination,
      ends,
    };
    const carry = (socket: WireSocket, first: Buffer | undefined) => {
      const caller = callerOf(peer, socket);
      const clientCertificate = peer === unknownWorkload ? undefined : certificateOf(owner, peer);
      const origin = { ...known, peer: caller, clientCertificate, tls: socket.tls };
      this.#carry({ chain, origin, socket, first, seen, series, ahead }, arrival, facts);
    };
    const { tls, handshakeTimeout: timeout } = chain;
    if (!tls || arrival.handedOver) return carry(socket, first);
    const { telemetry, ticker } = this.#surroundings;
    const counters = telemetry.tls("listener", listener.metricName);
    const arriving = { socket, first, asked: seen?.hello, tls, timeout, counters };
    const secured = secureArriving(arriving, ticker, (now) => carry(now, undefined));
    // The object of before tells nothing any more.
    if (secured) this.#keep(secured);
    this.#forget(socket);
  }

  #carry(carried: Omit<Carried, "chain"> & { readonly chain: Chain }, arrival: Arrival, facts: ConnectionFacts): void {
    const { chain, origin, socket, first, series } = carried;
    if (chain.kind === "http") {
      const codec = codecOf(chain, facts.protocol, socket.alpn);
      const connection = acceptRequests(socket, { ...origin, chain }, codec, this.#surroundings, () => {
        this.#connections.delete(connection);
        for (const each of series) {
          each.received(socket.socket.bytesRead);
          each.sent(socket.bytesWritten);
          each.closed();
        }
      });
      this.#connections.set(connection, { arrival, facts });
      if (this.#emptied) connection.drain();
      for (const each of series) each.opened();
      if (first) connection.bytes(first, 0, first.length);
      if (socket.ended) connection.ended();
      return;
    }
    proxyTcp({ ...carried, chain }, this.#surroundings, (...args) => this.#enterCallee(...args));
  }

  /** The callee is served here too: its listener takes the connection over, as if it had arrived there. */
  #enterCallee(carried: Carried, callee: Party, endpoint: Endpoint, series: readonly TcpSeries[]): boolean {
    const { origin, socket, first, ahead } = carried;
    const arrival = arrivalAt(callee, endpoint, origin.owner, origin.ends.source);
    if (!arrival) return false;
    const { detect } = arrival.listener;
    // Nobody has looked into TLS.
    const seen = socket.tls ? undefined : carried.seen;
    // A server that speaks first is waited for once, not once for each side's rules.
    if (!detect || (seen && !detect.proxied)) {
      this.#enter(socket, arrival, { seen: detect && seen, ends: undefined, first, ahead }, series);
    } else {
      ahead?.close();
      this.#readFirst(socket, arrival, first, series);
    }
    return true;
  }
}

/** Who calls: as it is known, else as its certificate says. */
function callerOf(peer: WorkloadLabels, { tls }: WireSocket): WorkloadLabels {
  const principal = tls?.peer?.verified ? tls.peer.uris[0] : undefined;
  return peer === unknownWorkload && principal !== undefined ? { ...unknownWorkload, principal } : peer;
}
