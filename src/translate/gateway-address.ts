import {
  boundHosts,
  gatewayServers,
  hostIntersection,
  serverKind,
  type GatewayServer,
  type Mesh,
  type Protocol,
  type Routing,
} from "../mesh/index.ts";

/** A server some gateway proxy runs. */
export interface GatewayAddress {
  /** `namespace/name` of the gateway proxy. */
  readonly workload: string;
  /** `namespace/name` of the Gateway object. */
  readonly gateway: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly hosts: readonly string[];
}

/** A path that a VirtualService serves at a gateway, a name whose TLS it passes on, or bytes it carries. */
export interface GatewayRoute {
  readonly scheme: "http" | "tls" | "tcp";
  readonly port: number;
  readonly protocol: Protocol;
  /** `*` or a name. */
  readonly host: string;
  /** To be shown and opened: an exact path, or a prefix; empty where paths are not looked at. */
  readonly path: string;
  readonly kind: "exact" | "prefix" | "regex";
  /** `namespace/name`. */
  readonly virtualService: string;
}

export function gatewayAddresses(mesh: Mesh): readonly GatewayAddress[] {
  return mesh.settings.gatewayWorkloads.flatMap((workload) =>
    gatewayServers(mesh, workload).map((server) => ({
      workload: `${workload.namespace}/${workload.name}`,
      gateway: server.gateway,
      port: server.port,
      protocol: server.protocol,
      hosts: server.hosts.map(({ host }) => host),
    })),
  );
}

/** All that the gateways serve, in the order of the rules. */
export function gatewayRoutes(mesh: Mesh): readonly GatewayRoute[] {
  const found = new Map<string, GatewayRoute>();
  for (const workload of mesh.settings.gatewayWorkloads) {
    for (const server of gatewayServers(mesh, workload)) {
      for (const routing of mesh.routings) {
        for (const route of routesAt(server, routing)) {
          found.set(`${route.port} ${route.host} ${route.kind} ${route.path}`, route);
        }
      }
    }
  }
  return [...found.values()];
}

function routesAt(server: GatewayServer, routing: Routing): GatewayRoute[] {
  const { port, protocol } = server;
  const hosts = boundHosts(server, routing);
  const common = { port, protocol, virtualService: `${routing.namespace}/${routing.name}` };
  const whole = { ...common, path: "", kind: "prefix" } as const;
  const { tls = [], tcp = [] } = routing.source.spec;
  switch (serverKind(server)) {
    case "http":
      return hosts.flatMap((host) =>
        pathsOf(routing.source).map((path) => ({ ...common, scheme: "http", host, ...path })),
      );
    case "sni": {
      const names = tls.flatMap(({ match }) => match.flatMap(({ sniHosts }) => sniHosts));
      const offered = hosts.flatMap((host) => names.flatMap((name) => hostIntersection(host, name) ?? []));
      return offered.map((host) => ({ ...whole, scheme: "tls", host }));
    }
    case "tcp":
      return tcp.length === 0 ? [] : hosts.map((host) => ({ ...whole, scheme: "tcp", host }));
    case "tls":
    case "none":
      return [];
  }
}

type Source = Mesh["routings"][number]["source"];

function pathsOf(source: Source): { path: string; kind: GatewayRoute["kind"] }[] {
  return (source.spec.http ?? []).flatMap((rule) => {
    const matches = rule.match ?? [];
    if (matches.length === 0) return [{ path: "/", kind: "prefix" as const }];
    return matches.map(({ uri }) => {
      if (uri?.exact !== undefined) return { path: uri.exact, kind: "exact" as const };
      if (uri?.regex !== undefined) return { path: uri.regex, kind: "regex" as const };
      return { path: uri?.prefix ?? "/", kind: "prefix" as const };
    });
  });
}
