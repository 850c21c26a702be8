import {
  boundHosts,
  gatewayServers,
  serverKind,
  type GatewayServer,
  type GatewayWorkload,
  type Mesh,
} from "../mesh/index.ts";
import type { FilterChain, Listener, Route, RouteConfiguration, VirtualHost } from "../xds/index.ts";
import { gatewayListenerFilters, httpFilter, tlsInspector } from "./connection.ts";
import type { RouteScope } from "./destination.ts";
import { rulesToRoutes } from "./http-route.ts";
import { matchesAll } from "./string-match.ts";
import { tcpRoutes, tlsChains } from "./tcp-route.ts";
import { distinctDomains } from "./virtual-host.ts";

/** What a gateway proxy listens on. Servers that end TLS are not there yet. */
export function gatewayResources(
  mesh: Mesh,
  workload: GatewayWorkload,
): { listeners: Listener[]; routes: RouteConfiguration[] } {
  const listeners: Listener[] = [];
  const routes: RouteConfiguration[] = [];
  for (const [port, { kind, servers }] of serversByPort(mesh, workload)) {
    const scope: RouteScope = {
      mesh,
      namespace: workload.namespace,
      port,
      gateways: [...new Set(servers.map((server) => server.gateway))],
      labels: undefined,
    };
    if (kind === "http") {
      const name = `http.${port}`;
      const web = servers.some(({ protocol }) => protocol === "grpc-web");
      const filter = httpFilter(mesh.settings, "gateway", `outbound_0.0.0.0_${port}`, name, web);
      listeners.push(listener(port, [{ filters: [filter] }], gatewayListenerFilters(mesh.settings)));
      routes.push(table(name, servers, scope));
    } else if (kind === "tcp") {
      const bound = mesh.routings.filter((routing) => servers.some((server) => boundHosts(server, routing).length > 0));
      const protocol = servers[0]?.protocol ?? "tcp";
      const filters = bound.map((routing) => tcpRoutes(routing, scope, protocol).rest).find((found) => found);
      if (filters !== undefined) {
        listeners.push(listener(port, [{ filters }], gatewayListenerFilters(mesh.settings)));
      }
    } else {
      const chains = passthroughChains(servers, scope);
      if (chains.length > 0)
        listeners.push(listener(port, chains, gatewayListenerFilters(mesh.settings, tlsInspector)));
    }
  }
  return { listeners, routes };
}

interface PortServers {
  readonly kind: "http" | "tcp" | "sni";
  readonly servers: GatewayServer[];
}

/** The servers of each port; of different kinds on one port the oldest stays. */
function serversByPort(mesh: Mesh, workload: GatewayWorkload): ReadonlyMap<number, PortServers> {
  const ports = new Map<number, PortServers>();
  for (const server of gatewayServers(mesh, workload)) {
    const kind = serverKind(server);
    if (kind === "tls" || kind === "none") continue;
    const group = ports.get(server.port);
    if (group === undefined) ports.set(server.port, { kind, servers: [server] });
    else if (group.kind === kind) group.servers.push(server);
  }
  return ports;
}

/** A chain for each server name that the bound VirtualServices' tls rules tell apart: TLS is passed on unopened. */
function passthroughChains(servers: readonly GatewayServer[], scope: RouteScope): FilterChain[] {
  const seen = new Set<string>();
  return servers.flatMap((server) =>
    scope.mesh.routings.flatMap((routing) => {
      const hosts = boundHosts(server, routing);
      return hosts.length === 0 ? [] : tlsChains(routing, { ...scope, gateways: [server.gateway] }, seen, hosts);
    }),
  );
}

function listener(port: number, chains: readonly FilterChain[], before: Pick<Listener, "listener_filters">): Listener {
  return {
    name: `0.0.0.0_${port}`,
    address: { socket_address: { address: "0.0.0.0", port_value: port } },
    traffic_direction: "OUTBOUND",
    ...before,
    filter_chains: chains,
  };
}

/** One table for all servers of a port: VirtualServices of one host are joined, oldest first, catch-alls last. */
function table(name: string, servers: readonly GatewayServer[], scope: RouteScope): RouteConfiguration {
  const byHost = new Map<string, { routes: Route[]; redirect: boolean }>();
  const at = (host: string) => {
    const known = byHost.get(host) ?? { routes: [], redirect: false };
    byHost.set(host, known);
    return known;
  };
  const done = new Set<string>();
  for (const routing of scope.mesh.routings) {
    for (const server of servers) {
      for (const host of boundHosts(server, routing)) {
        const entry = at(host);
        if (server.httpsRedirect) entry.redirect = true;
        const once = `${host} ${routing.namespace}/${routing.name}`;
        if (done.has(once)) continue;
        done.add(once);
        entry.routes.push(...rulesToRoutes(routing, scope, `${host}:${scope.port}`));
      }
    }
  }
  for (const server of servers.filter((entry) => entry.httpsRedirect)) {
    for (const { host } of server.hosts) at(host).redirect = true;
  }
  const hosts = [...byHost].map(([host, { routes, redirect }]): VirtualHost => ({
    name: `${host}:${scope.port}`,
    domains: [host],
    routes: [
      ...routes.filter((route) => !matchesAll(route.match)),
      ...routes.filter((route) => matchesAll(route.match)),
    ],
    ...(redirect ? { require_tls: "ALL" as const } : {}),
    include_request_attempt_count: true,
  }));
  const nothing: VirtualHost = { name: `blackhole:${scope.port}`, domains: ["*"], routes: [] };
  return {
    name,
    virtual_hosts: hosts.length === 0 ? [nothing] : distinctDomains(hosts),
    validate_clusters: false,
    ignore_port_in_host_matching: true,
  };
}
