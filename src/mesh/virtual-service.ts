import { keyOf, type VirtualService } from "../model/index.ts";
import { fullGateway, fullHost, hostFit } from "./names.ts";
import type { Reuse } from "./reuse.ts";
import { olderFirst } from "./service.ts";
import { visibilityOf, visibleIn, type Visibility } from "./visibility.ts";

export type HttpRule = NonNullable<VirtualService["spec"]["http"]>[number];
export type HttpMatch = NonNullable<HttpRule["match"]>[number];
export type TcpRule = NonNullable<VirtualService["spec"]["tcp"]>[number];
export type TlsRule = NonNullable<VirtualService["spec"]["tls"]>[number];
export type Destination = NonNullable<NonNullable<HttpRule["route"]>[number]["destination"]>;

/** A VirtualService with its names in full. */
export interface Routing {
  readonly name: string;
  readonly namespace: string;
  readonly hosts: readonly string[];
  /** `mesh`, or `namespace/name`. */
  readonly gateways: readonly string[];
  readonly visibility: Visibility;
  readonly source: VirtualService;
}

/** All VirtualServices that stand on their own, oldest first. */
export function resolveRoutings(objects: readonly VirtualService[], reuse: Reuse): readonly Routing[] {
  const routings = objects
    .toSorted(olderFirst)
    .map((object) => reuse.get(`routing ${keyOf(object)}`, [object], () => routingOf(object)))
    // Without hosts it is a delegate, in effect only where another one names it.
    .filter((routing) => routing.hosts.length > 0);
  return reuse.get("routings", routings, () => routings);
}

function routingOf(source: VirtualService): Routing {
  const namespace = source.metadata.namespace ?? "default";
  const gateways = source.spec.gateways ?? [];
  return {
    name: source.metadata.name ?? "",
    namespace,
    hosts: (source.spec.hosts ?? []).map((host) => fullHost(host, namespace)),
    gateways: gateways.length === 0 ? ["mesh"] : gateways.map((name) => fullGateway(name, namespace)),
    visibility: visibilityOf(source.spec.exportTo, namespace),
    source,
  };
}

/** Those a sidecar in `namespace` follows. */
export function meshRoutings(routings: readonly Routing[], namespace: string): readonly Routing[] {
  return routings.filter((routing) => routing.gateways.includes("mesh") && visibleIn(routing.visibility, namespace));
}

/** The one that rules a host in the mesh: the most specific host; of the same host the oldest, whole. */
export function routingFor(routings: readonly Routing[], host: string): Routing | undefined {
  let best: Routing | undefined;
  let bestFit = 0;
  for (const routing of routings) {
    for (const pattern of routing.hosts) {
      const fit = hostFit(pattern, host);
      if (fit > bestFit) [best, bestFit] = [routing, fit];
    }
  }
  return best;
}

/** Every destination a VirtualService names, its host in full. */
export function destinationsOf(object: VirtualService): readonly { host: string; subset: string | undefined }[] {
  const namespace = object.metadata.namespace ?? "default";
  const { http = [], tcp = [], tls = [] } = object.spec;
  const routed = [...http, ...tcp, ...tls].flatMap((rule) =>
    (rule.route ?? []).flatMap((entry) => (entry.destination === undefined ? [] : [entry.destination])),
  );
  const mirrored = http.flatMap((rule) => [
    ...(rule.mirror === undefined ? [] : [rule.mirror]),
    ...(rule.mirrors ?? []).flatMap((entry) => (entry.destination === undefined ? [] : [entry.destination])),
  ]);
  return [...routed, ...mirrored].map((destination) => ({
    host: fullHost(destination.host, namespace),
    subset: destination.subset === "" ? undefined : destination.subset,
  }));
}
