import { keyOf, type Gateway } from "../model/index.ts";
import type { GatewayWorkload } from "./input.ts";
import { hostIntersection, selects } from "./names.ts";
import { carriesRequests, carriesTls, layerOf, namedProtocol, type Protocol } from "./protocol.ts";
import { olderFirst } from "./service.ts";
import type { Routing } from "./virtual-service.ts";
import { visibleIn } from "./visibility.ts";

/** One server of a Gateway object. */
export interface GatewayServer {
  /** `namespace/name` of the Gateway. */
  readonly gateway: string;
  readonly namespace: string;
  readonly port: number;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly hosts: readonly ServerHost[];
  readonly httpsRedirect: boolean;
  readonly tlsMode: string | undefined;
  readonly source: Gateway;
}

/** `namespace` undefined: VirtualServices of any namespace may bind. */
interface ServerHost {
  readonly namespace: string | undefined;
  readonly host: string;
}

/** The servers a gateway proxy runs: of every Gateway that selects it, oldest first. */
export function serversFor(gateways: readonly Gateway[], workload: GatewayWorkload): readonly GatewayServer[] {
  return gateways
    .filter((gateway) => selects(gateway.spec.selector, workload.labels))
    .toSorted(olderFirst)
    .flatMap(serversOf);
}

export function serversOf(gateway: Gateway): GatewayServer[] {
  const namespace = gateway.metadata.namespace ?? "default";
  return (gateway.spec.servers ?? []).map((server) => ({
    gateway: keyOf(gateway),
    namespace,
    port: server.port.number,
    portName: server.port.name ?? "",
    protocol: namedProtocol(server.port.protocol),
    hosts: server.hosts.map((host) => serverHost(host, namespace)),
    httpsRedirect: server.tls?.httpsRedirect === true,
    tlsMode: server.tls?.mode,
    source: gateway,
  }));
}

/**
 * What a gateway does with a server's connections: reads requests, tells TLS apart by the server name and passes it
 * on unopened, carries bytes, ends TLS; `none`: a protocol no gateway serves.
 */
export type ServerKind = "http" | "sni" | "tcp" | "tls" | "none";

export function serverKind({ protocol, tlsMode, httpsRedirect }: GatewayServer): ServerKind {
  if (carriesRequests(protocol) && (tlsMode === undefined || httpsRedirect)) return "http";
  if (tlsMode === "PASSTHROUGH") return "sni";
  if (tlsMode !== undefined || carriesTls(protocol)) return "tls";
  return layerOf(protocol) === "tcp" ? "tcp" : "none";
}

function serverHost(text: string, namespace: string): ServerHost {
  const [first = "", second] = text.toLowerCase().split("/");
  if (second === undefined) return { namespace: undefined, host: first };
  return { namespace: first === "*" ? undefined : first === "." ? namespace : first, host: second };
}

/** The hosts under which a VirtualService appears at a server: where both name them, the narrower name. */
export function boundHosts(server: GatewayServer, routing: Routing): string[] {
  if (!routing.gateways.includes(server.gateway) || !visibleIn(routing.visibility, server.namespace)) return [];
  const found = new Set<string>();
  for (const offered of server.hosts) {
    if (offered.namespace !== undefined && offered.namespace !== routing.namespace) continue;
    for (const host of routing.hosts) {
      const both = hostIntersection(offered.host, host);
      if (both !== undefined) found.add(both);
    }
  }
  return [...found];
}
