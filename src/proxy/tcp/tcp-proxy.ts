import type { Endpoint, TcpChain, TcpSeries } from "../config/contract.ts";
import type { Origin, Party, Surroundings } from "../http/surroundings.ts";
import { Timeout } from "../http/timeout.ts";
import { nobody, type WireSocket } from "../net/socket.ts";
import type { Ahead } from "./ahead.ts";
import { carry } from "./carry.ts";
import { choose, stands, type Choice, type NoChoice } from "./choice.ts";
import type { Seen } from "./first-bytes.ts";
import { mongoSeries } from "./mongo.ts";
import { record, untried } from "./record.ts";

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
  /** A connection opened already to where this one may lead. */
  readonly ahead: Ahead | undefined;
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
  const { chain, origin, socket, ahead } = carried;
  const foreseen = ahead?.choiceOf(chain);
  const choice = foreseen && stands(foreseen, origin) ? foreseen : choose(chain, origin, surroundings);
  if ("flag" in choice) return refuse(carried, choice);
  const { cluster, endpoint } = choice;
  const callee = calleeOf(origin, endpoint, surroundings);
  if (callee?.meshed && !callee.config.ready) {
    // Nothing is carried to it without its rules.
    if (postponed >= maxPostponed) return refuse(carried, { flag: "UH", cluster });
    return later(socket, surroundings, () => proxyTcp(carried, surroundings, enterCallee, postponed + 1));
  }
  const own = ownSeries(carried, choice, callee, surroundings);
  const { telemetry } = surroundings;
  const mongo = chain.mongo === undefined ? undefined : mongoSeries(telemetry.mongo(chain.mongo));
  const series = [...carried.series, own, mongo].filter((each) => each !== undefined);
  const arriving = choice.header ? headed(carried, choice.header) : carried;
  if (origin.direction !== "inbound" && callee?.meshed && enterCallee(arriving, callee, endpoint, series)) return;
  carry({ ...carried, series }, choice, surroundings);
}

/** The same connection as the callee's rules see it: what names the client comes first. */
function headed(carried: Carried, header: Buffer): Carried {
  return { ...carried, first: Buffer.concat([header, carried.first ?? Buffer.alloc(0)]), seen: undefined };
}

/** Who answers at an endpoint, where this process serves it. */
export function calleeOf(
  { direction, owner }: Pick<Origin, "direction" | "owner">,
  { address }: Endpoint,
  { party }: Surroundings,
): Party | undefined {
  return direction === "inbound" ? owner : party(address);
}

function refuse(carried: Carried, { flag, cluster }: NoChoice): void {
  carried.ahead?.close();
  record(carried, { ...untried, cluster, flags: flag });
  carried.socket.reset();
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

/** A workload outside of the mesh counts nothing. */
function ownSeries(
  { origin }: Carried,
  { cluster, endpoint }: Choice,
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
