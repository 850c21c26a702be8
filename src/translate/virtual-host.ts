import {
  meshRoutings,
  routingFor,
  visibleServices,
  type MeshService,
  type Routing,
  type ServicePort,
} from "../mesh/index.ts";
import { layerOf } from "../mesh/index.ts";
import type { RouteConfiguration, VirtualHost } from "../xds/index.ts";
import { passthroughCluster } from "./cluster-name.ts";
import type { RouteScope } from "./destination.ts";
import { defaultRoute, rulesToRoutes } from "./http-route.ts";

/** The names under which a client in `namespace` reaches a service, its own addresses among them. */
function domainsOf(service: MeshService, namespace: string): readonly string[] {
  const addresses = service.addresses.filter((address) => !address.includes("/"));
  if (service.registry === "External") return [service.host, ...addresses];
  const { name, namespace: own, host } = service;
  const names = [...(own === namespace ? [name] : []), `${name}.${own}`, `${name}.${own}.svc`, host, `${host}.`];
  const under = service.resolution === "headless" ? names.map((each) => `*.${each}`) : [];
  return [...names, ...under, ...addresses];
}

/** The virtual host of a service's port. */
function serviceHost(
  service: MeshService,
  port: ServicePort,
  routings: readonly Routing[],
  scope: RouteScope,
): VirtualHost | undefined {
  const name = `${service.host}:${port.port}`;
  const routing = routingFor(routings, service.host);
  // One that speaks of bytes only leaves the requests alone.
  const rules = routing?.source.spec.http ?? [];
  const chosen = routing === undefined || rules.length === 0 ? [] : rulesToRoutes(routing, scope, name);
  // Where no rule is meant for this caller, Istio lets requests pass as to an unknown host; here, with no second
  // way to a service's address, that is the default route.
  const strict = rules.length > 0 && scope.mesh.settings.outboundTrafficPolicy === "REGISTRY_ONLY";
  const routes = chosen.length > 0 || strict ? chosen : [defaultRoute(service, port.port, scope)];
  if (routes.length === 0) return undefined;
  return { name, domains: domainsOf(service, scope.namespace), routes, include_request_attempt_count: true };
}

/** The route table of a port shared by all services that speak HTTP on it. */
export function portRoutes(scope: RouteScope): RouteConfiguration {
  const routings = meshRoutings(scope.mesh.routings, scope.namespace);
  const hosts: VirtualHost[] = [];
  const services = visibleServices(scope.mesh, scope.namespace);
  for (const service of services) {
    const port = service.ports.find((entry) => entry.port === scope.port && layerOf(entry.protocol) === "http");
    const host = port === undefined ? undefined : serviceHost(service, port, routings, scope);
    if (host !== undefined) hosts.push(host);
  }
  if (scope.port === 80) hosts.push(...bareHosts(routings, services, scope));
  return table(String(scope.port), hosts, scope);
}

/** The route table of one service's port whose protocol is found out. */
export function serviceRoutes(service: MeshService, port: ServicePort, scope: RouteScope): RouteConfiguration {
  const routings = meshRoutings(scope.mesh.routings, scope.namespace);
  const host = serviceHost(service, port, routings, scope);
  return table(`${service.host}:${port.port}`, host === undefined ? [] : [host], scope);
}

/** VirtualServices for hosts nobody has take effect on port 80, as in Istio. */
function bareHosts(routings: readonly Routing[], services: readonly MeshService[], scope: RouteScope): VirtualHost[] {
  const known = new Set(services.map((service) => service.host));
  const seen = new Set<string>();
  return routings.flatMap((routing) =>
    routing.hosts.flatMap((host) => {
      if (known.has(host) || seen.has(host)) return [];
      seen.add(host);
      const name = `${host}:80`;
      const routes = rulesToRoutes(routing, scope, name);
      return routes.length === 0 ? [] : [{ name, domains: [host], routes, include_request_attempt_count: true }];
    }),
  );
}

function table(name: string, hosts: readonly VirtualHost[], scope: RouteScope): RouteConfiguration {
  return {
    name,
    virtual_hosts: distinctDomains([...hosts, elsewhere(scope)]),
    validate_clusters: false,
    ignore_port_in_host_matching: true,
  };
}

/** A domain may stand in one virtual host only; the first keeps it. */
export function distinctDomains(hosts: readonly VirtualHost[]): VirtualHost[] {
  const seen = new Set<string>();
  return hosts.flatMap((host) => {
    const domains = host.domains.filter((domain) => !seen.has(domain) && seen.add(domain));
    if (domains.length === 0) return [];
    return [domains.length === host.domains.length ? host : { ...host, domains }];
  });
}

/** Hosts the mesh does not know. */
function elsewhere(scope: RouteScope): VirtualHost {
  if (scope.mesh.settings.outboundTrafficPolicy === "REGISTRY_ONLY") {
    return {
      name: "block_all",
      domains: ["*"],
      routes: [{ name: "block_all", match: { prefix: "/" }, direct_response: { status: 502 } }],
      include_request_attempt_count: true,
    };
  }
  return {
    name: "allow_any",
    domains: ["*"],
    routes: [
      {
        name: "allow_any",
        match: { prefix: "/" },
        route: { cluster: passthroughCluster, timeout: "0s", max_grpc_timeout: "0s" },
      },
    ],
    include_request_attempt_count: true,
  };
}
