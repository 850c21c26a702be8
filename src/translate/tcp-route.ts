import { hostIntersection, selects, type Protocol, type Routing, type TcpRule, type TlsRule } from "../mesh/index.ts";
import type { FilterChain, TypedFilter } from "../xds/index.ts";
import { tcpFilters } from "./connection.ts";
import { destinationCluster, destinationPolicy, type RouteScope } from "./destination.ts";

type TcpMatch = NonNullable<TcpRule["match"]>[number];

/** What a VirtualService's tcp rules say of a port: chains for some addresses, and filters for the rest (undefined: nothing). */
export interface TcpRoutes {
  readonly chains: readonly FilterChain[];
  readonly rest: readonly TypedFilter[] | undefined;
}

/** The first rule that asks for no address of its own ends the search. At a gateway, addresses are not looked at. */
export function tcpRoutes(routing: Routing | undefined, scope: RouteScope, protocol: Protocol): TcpRoutes {
  const chains: FilterChain[] = [];
  if (routing === undefined) return { chains, rest: undefined };
  for (const rule of routing.source.spec.tcp ?? []) {
    const all = rule.match ?? [];
    const matches = all.filter((match) => fits(match, routing, scope));
    if (all.length > 0 && matches.length === 0) continue;
    const filters = routeFilters(rule, routing, scope, protocol);
    const subnets = matches.map((match) => subnetsOf(match, scope));
    if (subnets.length === 0 || subnets.some((each) => each.length === 0)) return { chains, rest: filters };
    chains.push({ filter_chain_match: { prefix_ranges: subnets.flat().map(addressRange) }, filters });
  }
  return { chains, rest: undefined };
}

function subnetsOf(match: Pick<TcpMatch, "destinationSubnets">, scope: RouteScope): readonly string[] {
  return scope.labels === undefined ? [] : (match.destinationSubnets ?? []);
}

/** `10.1.0.0/16`, or one address. */
function addressRange(text: string) {
  const [address = "", length] = text.split("/");
  return {
    address_prefix: address,
    prefix_len: length === undefined ? (address.includes(":") ? 128 : 32) : Number(length),
  };
}

/**
 * A chain for each server name that a VirtualService's tls rules tell apart. `within` narrows the names to those of a
 * gateway's server; `seen` are names that have a chain already: a name's first rule keeps it.
 */
export function tlsChains(
  routing: Routing | undefined,
  scope: RouteScope,
  seen: Set<string> = new Set(),
  within: readonly string[] = ["*"],
): FilterChain[] {
  if (routing === undefined) return [];
  return (routing.source.spec.tls ?? []).flatMap((rule) =>
    (rule.match ?? []).flatMap((match) => {
      if (!fits(match, routing, scope)) return [];
      const offered = match.sniHosts.flatMap((name) => within.flatMap((host) => hostIntersection(host, name) ?? []));
      const names = offered.filter((name) => !seen.has(name) && seen.add(name));
      if (names.length === 0) return [];
      const chain = nameChain(names, routeFilters(rule, routing, scope, "tls"));
      const ranges = subnetsOf(match, scope).map(addressRange);
      if (ranges.length === 0) return [chain];
      return [{ ...chain, filter_chain_match: { ...chain.filter_chain_match, prefix_ranges: ranges } }];
    }),
  );
}

/** A chain for connections that ask for one of these server names; `*` asks for nothing but TLS. */
export function nameChain(names: readonly string[], filters: readonly TypedFilter[]): FilterChain {
  const match = names.includes("*") ? { transport_protocol: "tls" as const } : { server_names: names };
  return { filter_chain_match: match, filters };
}

function fits(
  match: Pick<TcpMatch, "port" | "gateways" | "sourceLabels" | "sourceNamespace">,
  routing: Routing,
  scope: RouteScope,
): boolean {
  if (match.port !== undefined && match.port !== scope.port) return false;
  const named = match.gateways ?? [];
  const gateways =
    named.length === 0
      ? routing.gateways
      : named.map((name) => (name === "mesh" || name.includes("/") ? name : `${routing.namespace}/${name}`));
  if (!gateways.some((gateway) => scope.gateways.includes(gateway))) return false;
  if (scope.labels === undefined) return true;
  if (match.sourceNamespace && match.sourceNamespace !== scope.namespace) return false;
  return selects(match.sourceLabels, scope.labels);
}

function routeFilters(rule: TcpRule | TlsRule, routing: Routing, scope: RouteScope, protocol: Protocol) {
  const all = rule.route ?? [];
  const routes = all.length === 1 ? all : all.filter((entry) => (entry.weight ?? 0) > 0);
  const clusters = routes.map((entry) => ({
    name: destinationCluster(entry.destination, routing, scope),
    weight: entry.weight ?? 1,
  }));
  const [only] = clusters;
  const target = clusters.length === 1 && only !== undefined ? only.name : clusters;
  // Of several destinations the first one's idle time counts: a connection has one.
  const first = routes[0] && destinationPolicy(routes[0].destination, routing, scope);
  return tcpFilters(scope.mesh.settings, protocol, target, first);
}
