import { printProxyHeader } from "../../wire/index.ts";
import type { Cluster, Endpoint, TcpChain } from "../config/contract.ts";
import type { Origin, Surroundings } from "../http/surroundings.ts";

/** Where a chain leads a connection. */
export interface Choice {
  readonly chain: TcpChain;
  readonly cluster: Cluster;
  readonly endpoint: Endpoint;
  /** What its connection begins with. */
  readonly header: Buffer | undefined;
}

/** Why a chain leads nowhere, by its flag in the access log: no such cluster, nobody healthy in it, or too many connections. */
export interface NoChoice {
  readonly flag: "NC" | "UH" | "UO";
  readonly cluster: Cluster | undefined;
}

/** Chooses by the chain's weights, then as the cluster balances; `avoid` was tried already. */
export function choose(
  chain: TcpChain,
  { owner, destination, ends }: Pick<Origin, "owner" | "destination" | "ends">,
  { chance }: Surroundings,
  avoid: readonly Endpoint[] = [],
): Choice | NoChoice {
  const cluster = owner.config.cluster(chain.cluster(chance()));
  if (!cluster) return { flag: "NC", cluster };
  const endpoint = cluster.pick({ random: chance(), hash: undefined, avoid, originalDestination: destination });
  if (!endpoint) return { flag: "UH", cluster };
  if (cluster.load.connections >= cluster.limits.connections) return { flag: "UO", cluster };
  const version = cluster.proxied(endpoint);
  return { chain, cluster, endpoint, header: version && printProxyHeader(version, ends) };
}

/** Whether configuration still leads there. */
export function stands({ cluster, endpoint }: Choice, { owner }: Pick<Origin, "owner">): boolean {
  return owner.config.cluster(cluster.name) === cluster && !endpoint.gone;
}
