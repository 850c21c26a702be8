import {
  destinationRule,
  effectivePolicy,
  fullHost,
  hostFit,
  type Destination,
  type Mesh,
  type MeshService,
  type PortPolicy,
  type Routing,
} from "../mesh/index.ts";
import { outboundCluster } from "./cluster-name.ts";

/** For whom routes are made: the rules that depend only on who asks are decided here, not per request. */
export interface RouteScope {
  readonly mesh: Mesh;
  readonly namespace: string;
  /** The listener's port. */
  readonly port: number;
  /** `mesh` for sidecars, else the Gateways that have a server on this port. */
  readonly gateways: readonly string[];
  /** The caller's labels, as far as some rule asks for them; undefined at a gateway, where no caller is known. */
  readonly labels: Readonly<Record<string, string>> | undefined;
}

/** A destination nobody has gets a cluster nobody has: 503 with flag NC. */
export function destinationCluster(destination: Destination, routing: Routing, scope: RouteScope): string {
  const host = fullHost(destination.host, routing.namespace);
  const service = serviceOf(scope.mesh, host);
  return outboundCluster(service?.host ?? host, destinationPort(destination, service, scope), destination.subset);
}

/** What the caller's DestinationRule says of a destination; undefined where nobody has it. */
export function destinationPolicy(
  destination: Destination,
  routing: Routing,
  scope: RouteScope,
): PortPolicy | undefined {
  const service = serviceOf(scope.mesh, fullHost(destination.host, routing.namespace));
  if (service === undefined) return undefined;
  const rule = destinationRule(scope.mesh, service, scope.namespace);
  const subset = rule?.subsets.find((entry) => entry.name === destination.subset);
  return effectivePolicy(rule, destinationPort(destination, service, scope), subset);
}

/** The service a host names; a wildcard ServiceEntry serves every name under it. */
function serviceOf(mesh: Mesh, host: string): MeshService | undefined {
  const exact = mesh.services.get(host);
  if (exact !== undefined) return exact;
  let best: MeshService | undefined;
  for (const service of mesh.services.values()) {
    if (hostFit(service.host, host) > (best === undefined ? 0 : hostFit(best.host, host))) best = service;
  }
  return best;
}

/** The port: named, else the only one of the service, else the listener's. */
function destinationPort(destination: Destination, service: MeshService | undefined, scope: RouteScope): number {
  const named = destination.port?.number;
  if (named !== undefined) return named;
  const only = service?.ports.length === 1 ? service.ports[0] : undefined;
  return only?.port ?? scope.port;
}
