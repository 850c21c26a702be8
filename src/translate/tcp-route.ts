import { hostIntersection, selects, type Routing, type TcpRule, type TlsRule } from "../mesh/index.ts";
import type { FilterChain, TypedFilter } from "../xds/index.ts";
import { tcpFilter } from "./connection.ts";
import { destinationCluster, type RouteScope } from "./http-route.ts";

type TcpMatch = NonNullable<TcpRule["match"]>[number];

/** Where a VirtualService sends bytes that come in on this port; undefined: it says nothing of them. */
export function tcpTarget(routing: Routing | undefined, scope: RouteScope) {
  for (const rule of routing?.source.spec.tcp ?? []) {
    const matches = rule.match ?? [];
    if (routing === undefined || (matches.length > 0 && !matches.some((match) => fits(match, routing, scope))))
      continue;
    return weighted(rule, routing, scope);
  }
  return undefined;
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
      return names.length === 0
        ? []
        : [nameChain(names, tcpFilter(scope.mesh.settings, weighted(rule, routing, scope)))];
    }),
  );
}

/** A chain for connections that ask for one of these server names; `*` asks for nothing but TLS. */
export function nameChain(names: readonly string[], filter: TypedFilter): FilterChain {
  const match = names.includes("*") ? { transport_protocol: "tls" as const } : { server_names: names };
  return { filter_chain_match: match, filters: [filter] };
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

function weighted(rule: TcpRule | TlsRule, routing: Routing, scope: RouteScope) {
  const all = rule.route ?? [];
  const routes = all.length === 1 ? all : all.filter((entry) => (entry.weight ?? 0) > 0);
  const clusters = routes.map((entry) => ({
    name: destinationCluster(entry.destination, routing, scope),
    weight: entry.weight ?? 1,
  }));
  const [only] = clusters;
  return clusters.length === 1 && only !== undefined ? only.name : clusters;
}
