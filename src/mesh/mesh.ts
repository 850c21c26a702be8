import type { Gateway } from "../model/index.ts";
import { mergeRules, ruleFor, type MergedRule } from "./destination-rule.ts";
import { serversFor, type GatewayServer } from "./gateway.ts";
import type { GatewayWorkload, MeshInput, MeshSettings } from "./input.ts";
import { resolveRegistry, type Registry } from "./registry.ts";
import { Reuse } from "./reuse.ts";
import { olderFirst, type MeshService } from "./service.ts";
import { resolveRoutings, type Routing } from "./virtual-service.ts";
import { visibleIn } from "./visibility.ts";
import type { Workload } from "./workload.ts";

/** The mesh, resolved: an immutable snapshot. Parts whose inputs did not change are the same objects as in the one before. */
export interface Mesh {
  readonly input: MeshInput;
  readonly settings: MeshSettings;
  /** By `namespace/name` of the pod. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** By host. */
  readonly services: ReadonlyMap<string, MeshService>;
  readonly rules: readonly MergedRule[];
  /** Oldest first. */
  readonly routings: readonly Routing[];
  /** Oldest first. */
  readonly gateways: readonly Gateway[];
  /** Label keys that some VirtualService looks at in its callers. */
  readonly sourceLabelKeys: readonly string[];
  /** For the next snapshot. */
  readonly reuse: Reuse;
  readonly registry: Registry;
}

/** Resolves the mesh; `previous` makes unchanged parts shared. Pure: the same inputs give an equal mesh. */
export function resolveMesh(input: MeshInput, previous?: Mesh): Mesh {
  const reuse = new Reuse(previous?.reuse);
  const registry = resolveRegistry(input, reuse, previous?.registry);
  const routings = resolveRoutings(input.virtualServices, reuse);
  return {
    input,
    settings: input.settings,
    workloads: registry.workloads,
    services: registry.services,
    rules: mergeRules(input.destinationRules, reuse),
    routings,
    gateways: reuse.get("gateways", input.gateways, () => input.gateways.toSorted(olderFirst)),
    sourceLabelKeys: reuse.get("source labels", [routings], () => sourceLabelKeys(routings)),
    reuse,
    registry,
  };
}

/** The services a client in `namespace` sees, in a stable order: Kubernetes' before others', each by host. */
export function visibleServices(mesh: Mesh, namespace: string): readonly MeshService[] {
  return [...mesh.services.values()]
    .filter((service) => visibleIn(service.visibility, namespace))
    .toSorted(
      (one, other) =>
        Number(one.registry === "External") - Number(other.registry === "External") || (one.host < other.host ? -1 : 1),
    );
}

/** The DestinationRule in effect for a service as seen from `namespace`. */
export function destinationRule(mesh: Mesh, service: MeshService, namespace: string): MergedRule | undefined {
  return ruleFor(mesh.rules, service, namespace, mesh.settings.rootNamespace);
}

/** The servers a gateway proxy runs. */
export function gatewayServers(mesh: Mesh, workload: GatewayWorkload): readonly GatewayServer[] {
  return serversFor(mesh.gateways, workload);
}

/** The services a workload stands behind, with the ports it is reached at; oldest service first. */
export function servicesOf(mesh: Mesh, workload: Workload): readonly MeshService[] {
  return [...mesh.services.values()]
    .filter((service) =>
      service.ports.some((port) => port.endpoints.some((endpoint) => endpoint.workload?.address === workload.address)),
    )
    .toSorted((one, other) =>
      one.created < other.created ? -1 : one.created > other.created ? 1 : one.host < other.host ? -1 : 1,
    );
}

function sourceLabelKeys(routings: readonly Routing[]): readonly string[] {
  const keys = new Set<string>();
  for (const { source } of routings) {
    const { http = [], tcp = [], tls = [] } = source.spec;
    for (const rule of [...http, ...tcp, ...tls]) {
      for (const match of rule.match ?? []) for (const key of Object.keys(match.sourceLabels ?? {})) keys.add(key);
    }
  }
  return [...keys].toSorted();
}
