import type { Cluster, Endpoint, TcpChain, TcpSeries } from "../config/contract.ts";
import type { Origin, Party, Surroundings } from "../http/surroundings.ts";
import { Timeout } from "../http/timeout.ts";
import { nobody, type WireSocket } from "../net/socket.ts";
import type { Seen } from "./first-bytes.ts";
import { Relay } from "./relay.ts";

/** What a carried connection meets: its chain, and what is known of both ends. */
export interface Carried {
  readonly chain: TcpChain;
  readonly origin: Omit<Origin, "chain">;
  readonly socket: WireSocket;
  /** Bytes read already. */
  readonly first: Buffer | undefined;
  /** What they showed; undefined when nobody looked. */
  readonly seen: Seen | undefined;
  /** Who else counts this connection: the caller's side, when the callee's rules are met in the same process. */
  readonly series: readonly TcpSeries[];
}

/** Hands a connection on to the callee's own rules; false: it has none here. */
export type EnterCallee = (
  carried: Carried,
  callee: Party,
  endpoint: Endpoint,
  series: readonly TcpSeries[],
) => boolean;

/** How often, every 10 ms, a callee's own rules are looked for before its caller is given up. */
const maxPostponed = 200;

/** Carries a connection to an endpoint of the chain's cluster. */
export function proxyTcp(
  carried: Carried,
  surroundings: Surroundings,
  enterCallee: EnterCallee,
  postponed: number = 0,
): void {
  const { chain, origin, socket } = carried;
  const { owner } = origin;
  const cluster = owner.config.cluster(chain.cluster(surroundings.chance()));
  const endpoint = cluster?.pick({
    random: surroundings.chance(),
    hash: undefined,
    avoid: [],
    originalDestination: origin.destination,
  });
  if (!cluster || !endpoint || cluster.load.connections >= cluster.limits.connections) {
    log(carried, cluster, endpoint, 0, 0, cluster ? (endpoint ? "UO" : "UH") : "NC", 0);
    return socket.reset();
  }
  const callee = origin.direction === "inbound" ? owner : surroundings.party(endpoint.address);
  if (callee?.meshed && !callee.config.ready) {
    // Nothing is carried to it without its rules.
    if (postponed < maxPostponed) {
      return later(socket, surroundings, () => proxyTcp(carried, surroundings, enterCallee, postponed + 1));
    }
    log(carried, cluster, endpoint, 0, 0, "UH", 0);
    return socket.reset();
  }
  const own = ownSeries(carried, cluster, endpoint, callee, surroundings);
  const series = own ? [...carried.series, own] : carried.series;
  if (origin.direction !== "inbound" && callee?.meshed && enterCallee(carried, callee, endpoint, series)) return;
  carry({ ...carried, series }, cluster, endpoint, surroundings);
}

function later(socket: WireSocket, { ticker }: Surroundings, run: () => void): void {
  socket.user = nobody;
  socket.pause();
  const wait = new Timeout(ticker, () => {
    socket.resume();
    if (!socket.closed) run();
  });
  wait.set(10);
}

function carry(carried: Carried, cluster: Cluster, endpoint: Endpoint, surroundings: Surroundings): void {
  const { socket, first, chain, series } = carried;
  const start = surroundings.ticker.now();
  cluster.load.connections += 1;
  endpoint.active += 1;
  let flags = "";
  const relay = new Relay({
    client: socket,
    first,
    idleTimeout: chain.idleTimeout,
    series,
    surroundings,
    over: (sent, received) => {
      cluster.load.connections -= 1;
      endpoint.active -= 1;
      log(carried, cluster, endpoint, sent, received, flags, surroundings.ticker.now() - start);
    },
  });
  surroundings.connector.connect(endpoint.address, endpoint.port, cluster.connectTimeout, relay.serverSide, {
    connected: (server) => relay.connected(server),
    failed: () => {
      flags = "UF,URX";
      relay.failed();
    },
  });
}

/** A workload outside of the mesh counts nothing. */
function ownSeries(
  { origin }: Carried,
  cluster: Cluster,
  endpoint: Endpoint,
  callee: Party | undefined,
  { telemetry }: Surroundings,
): TcpSeries | undefined {
  if (!origin.owner.meshed) return undefined;
  const inbound = origin.direction === "inbound";
  return telemetry.tcp({
    reporter: inbound ? "destination" : "source",
    source: inbound ? origin.peer : origin.owner.labels,
    destination: callee?.labels ?? endpoint.workload,
    service: cluster.destination,
    protocol: "tcp",
    security: inbound ? (origin.peer.principal === "unknown" ? "none" : "mutual_tls") : "unknown",
  });
}

function log(
  { chain, origin }: Carried,
  cluster: Cluster | undefined,
  endpoint: Endpoint | undefined,
  sent: number,
  received: number,
  flags: string,
  milliseconds: number,
): void {
  chain.accessLog?.write({
    startTime: Date.now() - milliseconds,
    method: "",
    path: "",
    originalPath: "",
    protocol: "",
    status: 0,
    flags,
    details: "",
    terminationDetails: "",
    upstreamFailure: "",
    bytesReceived: received,
    bytesSent: sent,
    milliseconds,
    upstreamMilliseconds: undefined,
    requestHeaders: [],
    authority: "",
    upstreamHost: endpoint?.key ?? "",
    upstreamCluster: cluster?.name ?? "",
    upstreamLocalAddress: "",
    downstreamLocalAddress: origin.local,
    downstreamRemoteAddress: origin.remote,
    serverName: "",
    routeName: "",
  });
}
