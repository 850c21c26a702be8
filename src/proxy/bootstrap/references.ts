import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { filterTypes, type HttpConnectionManager, type RouteConfiguration } from "../../xds/index.ts";
import type { Cluster, Listener, Route } from "../../xds/index.ts";
import type { Bootstrap } from "./bootstrap.ts";

/** What only the whole bootstrap shows: names that nobody has or two have, and what would have to be fetched. `path: what is wrong`. */
export function references({ static_resources }: Bootstrap): string[] {
  const { listeners = [], clusters = [] } = static_resources ?? {};
  const known = new Set(clusters.map(({ name }) => name));
  return [
    ...twice(clusters, "static_resources.clusters"),
    ...twice(listeners, "static_resources.listeners"),
    ...clusters.flatMap((cluster, index) => ofCluster(cluster, `static_resources.clusters[${index}]`)),
    ...listeners.flatMap((listener, index) => ofListener(listener, known, `static_resources.listeners[${index}]`)),
    ...addressesTwice(listeners),
  ];
}

function twice(entries: readonly { readonly name?: string }[], path: string): string[] {
  const seen = new Set<string>();
  return entries.flatMap(({ name }, index) => {
    if (!name) return [];
    if (seen.has(name))
      return [`${path}[${index}].name: "${name}" is the name of another one above; give each its own`];
    seen.add(name);
    return [];
  });
}

/** Two listeners on one address: one of them would never get a connection. */
function addressesTwice(listeners: readonly Listener[]): string[] {
  const seen = new Map<string, string>();
  return listeners.flatMap(({ name, address }, index) => {
    const { address: host, port_value: port } = address.socket_address;
    const key = `${host} ${port}`;
    const other = seen.get(key);
    seen.set(key, name || `listeners[${index}]`);
    return other === undefined || port === 0
      ? []
      : [`static_resources.listeners[${index}].address: ${host}:${port} is the address of ${other} too`];
  });
}

function ofCluster({ type = "STATIC", load_assignment, lb_policy }: Cluster, path: string): string[] {
  if (type === "ORIGINAL_DST") return [`${path}.type: ${noOriginal}`];
  if (lb_policy === "CLUSTER_PROVIDED") return [`${path}.lb_policy: CLUSTER_PROVIDED is for original destinations`];
  if (type === "EDS") return [`${path}.type: EDS wants a management server; write the endpoints into load_assignment`];
  const endpoints = (load_assignment?.endpoints ?? []).flatMap(({ lb_endpoints }, locality) =>
    lb_endpoints.map(({ endpoint }, index) => ({
      host: endpoint.address.socket_address.address,
      at: `${path}.load_assignment.endpoints[${locality}].lb_endpoints[${index}].endpoint.address.socket_address.address`,
    })),
  );
  if (type === "LOGICAL_DNS" && endpoints.length !== 1) {
    return [`${path}.load_assignment: LOGICAL_DNS wants exactly one endpoint; STRICT_DNS takes several`];
  }
  if (type !== "STATIC") return [];
  return endpoints.flatMap(({ host, at }) =>
    isIP(host) === 0
      ? [`${at}: "${host}" is no IP address; a cluster of type STRICT_DNS or LOGICAL_DNS takes names`]
      : [],
  );
}

const noOriginal = "original destinations are known in a mesh only";

function ofListener(listener: Listener, clusters: ReadonlySet<string>, path: string): string[] {
  const { address, additional_addresses = [], filter_chains, default_filter_chain: fallback } = listener;
  const chains = [
    ...filter_chains.map((chain, index) => ({ chain, at: `${path}.filter_chains[${index}]` })),
    ...(fallback ? [{ chain: fallback, at: `${path}.default_filter_chain` }] : []),
  ];
  const addresses = [
    { address, at: `${path}.address` },
    ...additional_addresses.map((each, index) => ({ ...each, at: `${path}.additional_addresses[${index}].address` })),
  ];
  return [
    ...addresses.flatMap(({ address: { socket_address }, at }) =>
      isIP(socket_address.address) === 0
        ? [
            `${at}.socket_address.address: "${socket_address.address}" is no IP address; 0.0.0.0 and :: are all there are`,
          ]
        : [],
    ),
    ...(listener.use_original_dst ? [`${path}.use_original_dst: ${noOriginal}`] : []),
    ...(listener.bind_to_port === false ? [`${path}.bind_to_port: nothing would lead to it; ${noOriginal}`] : []),
    ...(listener.listener_filters ?? []).flatMap(({ typed_config }, index) =>
      typed_config?.["@type"] === filterTypes.originalDst ? [`${path}.listener_filters[${index}]: ${noOriginal}`] : [],
    ),
    ...sameMatches(filter_chains, path),
    ...(chains.length === 0 ? [`${path}: filter_chains or default_filter_chain is needed`] : []),
    ...chains.flatMap(({ chain, at }) =>
      chain.filters.flatMap(({ typed_config }, index) =>
        typed_config?.["@type"] === filterTypes.httpConnectionManager
          ? ofManager(typed_config as HttpConnectionManager, clusters, `${at}.filters[${index}].typed_config`)
          : [],
      ),
    ),
  ];
}

/** Of two chains with the same match one would never be chosen. */
function sameMatches(chains: Listener["filter_chains"], path: string): string[] {
  return chains.flatMap(({ filter_chain_match: match }, index) => {
    const other = chains.findIndex((chain) => isDeepStrictEqual(asked(chain.filter_chain_match), asked(match)));
    return other === index
      ? []
      : [`${path}.filter_chains[${index}]: it is for the same connections as filter_chains[${other}]`];
  });
}

/** What a match asks for: empty lists ask for nothing. */
function asked(match: object | undefined): object {
  return Object.fromEntries(
    Object.entries(match ?? {}).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
}

function ofManager(
  { rds, route_config }: HttpConnectionManager,
  clusters: ReadonlySet<string>,
  path: string,
): string[] {
  if (rds) return [`${path}.rds: wants a management server; write the routes into route_config`];
  if (!route_config) return [];
  const wrong = [...domainsTwice(route_config), ...unremovable(route_config)];
  if (wrong.length > 0) return wrong.map((fault) => `${path}.route_config.${fault}`);
  const weightless = withoutWeight(route_config).map((at) => `${path}.route_config.${at}: no cluster has a weight`);
  // Envoy's default where the routes are part of the configuration.
  if (route_config.validate_clusters === false) return weightless;
  const unknown = namedClusters(route_config).filter(({ name }) => !clusters.has(name));
  return [...weightless, ...unknown.map(({ name, at }) => `${path}.route_config.${at}: there is no cluster "${name}"`)];
}

function domainsTwice({ virtual_hosts }: RouteConfiguration): string[] {
  const seen = new Set<string>();
  return virtual_hosts.flatMap(({ domains }, host) =>
    domains.flatMap((domain, index) => {
      const isKnown = seen.has(domain.toLowerCase());
      seen.add(domain.toLowerCase());
      return isKnown ? [`virtual_hosts[${host}].domains[${index}]: ${domain} stands twice`] : [];
    }),
  );
}

/** Fields without which a message is none. */
function unremovable(message: object, path = ""): string[] {
  return Object.entries(message).flatMap(([key, value]: [string, unknown]) => {
    const at = Array.isArray(message) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    if (typeof value !== "object" || value === null) return [];
    if (!key.endsWith("_headers_to_remove") || !Array.isArray(value)) return unremovable(value, at);
    return value.flatMap((name: unknown, index) =>
      /^(?::.*|host)$/i.test(String(name)) ? [`${at}[${index}]: ${String(name)} cannot be removed`] : [],
    );
  });
}

/** Where splits are none of whose parts has a weight. */
function withoutWeight({ virtual_hosts }: RouteConfiguration): string[] {
  return virtual_hosts.flatMap(({ routes }, host) =>
    routes.flatMap(({ route }, index) =>
      route?.weighted_clusters?.clusters.every(({ weight }) => weight === 0)
        ? [`virtual_hosts[${host}].routes[${index}].route.weighted_clusters`]
        : [],
    ),
  );
}

function namedClusters({ virtual_hosts }: RouteConfiguration): { readonly name: string; readonly at: string }[] {
  return virtual_hosts.flatMap(({ routes }, host) =>
    routes.flatMap(({ route }, index) => ofAction(route, `virtual_hosts[${host}].routes[${index}].route`)),
  );
}

function ofAction(action: Route["route"], at: string): { readonly name: string; readonly at: string }[] {
  const { cluster, weighted_clusters, request_mirror_policies = [] } = action ?? {};
  return [
    ...(cluster === undefined ? [] : [{ name: cluster, at: `${at}.cluster` }]),
    ...(weighted_clusters?.clusters ?? []).map(({ name }, index) => ({
      name,
      at: `${at}.weighted_clusters.clusters[${index}].name`,
    })),
    ...request_mirror_policies.map(({ cluster: name }, index) => ({
      name,
      at: `${at}.request_mirror_policies[${index}].cluster`,
    })),
  ];
}
