import { boundHosts, gatewayServers, serverKind, type Mesh, type Protocol } from "../mesh/index.ts";

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

/** A path that a VirtualService serves at a gateway. */
export interface GatewayRoute {
  readonly port: number;
  readonly protocol: Protocol;
  /** `*` or a name. */
  readonly host: string;
  /** To be shown and opened: an exact path, or a prefix. */
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

/** Every path the gateways serve, in the order of the rules. */
export function gatewayRoutes(mesh: Mesh): readonly GatewayRoute[] {
  const found = new Map<string, GatewayRoute>();
  for (const workload of mesh.settings.gatewayWorkloads) {
    for (const server of gatewayServers(mesh, workload)) {
      if (serverKind(server) !== "http") continue;
      for (const routing of mesh.routings) {
        for (const host of boundHosts(server, routing)) {
          for (const { path, kind } of pathsOf(routing.source)) {
            const route: GatewayRoute = {
              port: server.port,
              protocol: server.protocol,
              host,
              path,
              kind,
              virtualService: `${routing.namespace}/${routing.name}`,
            };
            found.set(`${server.port} ${host} ${kind} ${path}`, route);
          }
        }
      }
    }
  }
  return [...found.values()];
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
