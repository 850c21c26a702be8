import {
  boundHosts,
  gatewayServers,
  layerOf,
  type GatewayServer,
  type GatewayWorkload,
  type Mesh,
} from "../mesh/index.ts";
import type { Listener, Route, RouteConfiguration, VirtualHost } from "../xds/index.ts";
import { httpFilter, tcpFilter } from "./connection.ts";
import { rulesToRoutes, type RouteScope } from "./http-route.ts";
import { matchesAll } from "./string-match.ts";
import { tcpTarget } from "./tcp-route.ts";
import { distinctDomains } from "./virtual-host.ts";

/** Whether requests are read on this server; HTTP/2 clients are not served yet, HTTP/1.1 ones are. */
export function readsRequests(server: GatewayServer): boolean {
  return ["http", "http2", "grpc"].includes(server.protocol) && (server.tlsMode === undefined || server.httpsRedirect);
}

/** What a gateway proxy listens on. Servers with TLS are not there yet. */
export function gatewayResources(
  mesh: Mesh,
  workload: GatewayWorkload,
): { listeners: Listener[]; routes: RouteConfiguration[] } {
  const ports = new Map<number, GatewayServer[]>();
  for (const server of gatewayServers(mesh, workload)) {
    const plain = readsRequests(server);
    if (!plain && (server.protocol === "https" || server.protocol === "tls" || layerOf(server.protocol) !== "tcp"))
      continue;
    const group = ports.get(server.port);
    if (group === undefined) ports.set(server.port, [server]);
    else if (group[0] !== undefined && readsRequests(group[0]) === plain) group.push(server);
  }
  const listeners: Listener[] = [];
  const routes: RouteConfiguration[] = [];
  for (const [port, servers] of ports) {
    const scope: RouteScope = {
      mesh,
      namespace: workload.namespace,
      port,
      gateways: [...new Set(servers.map((server) => server.gateway))],
      labels: undefined,
    };
    if (servers[0] !== undefined && readsRequests(servers[0])) {
      const name = `http.${port}`;
      listeners.push(listener(port, httpFilter(mesh.settings, "gateway", `outbound_0.0.0.0_${port}`, name)));
      routes.push(table(name, servers, scope));
      continue;
    }
    const bound = mesh.routings.filter((routing) => servers.some((server) => boundHosts(server, routing).length > 0));
    const target = bound.map((routing) => tcpTarget(routing, scope)).find((found) => found !== undefined);
    if (target !== undefined) listeners.push(listener(port, tcpFilter(mesh.settings, target)));
  }
  return { listeners, routes };
}

function listener(port: number, filter: ReturnType<typeof tcpFilter>): Listener {
  return {
    name: `0.0.0.0_${port}`,
    address: { socket_address: { address: "0.0.0.0", port_value: port } },
    traffic_direction: "OUTBOUND",
    filter_chains: [{ filters: [filter] }],
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
