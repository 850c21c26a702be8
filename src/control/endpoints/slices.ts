import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { EndpointSlice, Service } from "../../model/index.ts";
import type { Endpoint, EndpointPort, PortGroup } from "./backends.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";
const headlessLabel = "service.kubernetes.io/headless";

/** As many endpoints as Kubernetes puts into a slice. */
const capacity = 100;

/** What to write so that a service's slices say what is so. Creating and replacing come before deleting. */
export interface SliceChanges {
  readonly create: readonly EndpointSlice[];
  readonly replace: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

interface Draft {
  readonly slice: EndpointSlice | undefined;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Compares the backends with the slices there are. An endpoint stays in its slice, so that a change writes few of them. */
export function sliceChanges(
  service: Service,
  groups: readonly PortGroup[],
  existing: readonly EndpointSlice[],
): SliceChanges {
  const byPorts = Map.groupBy(existing, ({ ports = [] }) => JSON.stringify(ports));
  const drafts: Draft[] = [];
  const free = new Set(existing);
  for (const { ports, endpoints } of groups) {
    const slices = byPorts.get(JSON.stringify(ports)) ?? [];
    for (const draft of distributed(ports, endpoints, slices)) {
      if (draft.slice) free.delete(draft.slice);
      drafts.push(draft);
    }
  }
  const names = new Set(existing.map(({ metadata }) => metadata.name));
  const create: EndpointSlice[] = [];
  const replace: EndpointSlice[] = [];
  for (const draft of drafts) {
    const slice = draft.slice ?? takeFirst(free);
    const name = slice?.metadata.name ?? freeName(service, names);
    const wanted = sliceOf(service, name, draft);
    if (!slice) create.push(wanted);
    else if (!isSame(slice, wanted)) replace.push({ ...wanted, metadata: { ...slice.metadata, ...wanted.metadata } });
  }
  return { create, replace, remove: [...free] };
}

/** Fills the endpoints of one port group into its slices, and into new ones when they do not suffice. */
function distributed(
  ports: readonly EndpointPort[],
  endpoints: readonly Endpoint[],
  slices: readonly EndpointSlice[],
): Draft[] {
  const waiting = new Map(endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const drafts = slices.map((slice): Draft & { readonly endpoints: Endpoint[] } => {
    const kept: Endpoint[] = [];
    for (const old of slice.endpoints) {
      const endpoint = waiting.get(identity(old));
      if (endpoint === undefined) continue;
      kept.push(endpoint);
      waiting.delete(identity(old));
    }
    return { slice, ports, endpoints: kept };
  });
  for (const endpoint of waiting.values()) {
    let draft = drafts.find(({ endpoints }) => endpoints.length < capacity);
    if (!draft) drafts.push((draft = { slice: undefined, ports, endpoints: [] }));
    draft.endpoints.push(endpoint);
  }
  const filled = drafts.filter(({ endpoints }) => endpoints.length > 0);
  if (filled.length > 0 || endpoints.length > 0) return filled;
  return drafts.length > 0 ? drafts.slice(0, 1) : [{ slice: undefined, ports, endpoints: [] }];
}

const identity = ({ targetRef, addresses }: Endpoint) => targetRef?.uid ?? addresses[0] ?? "";

function sliceOf(service: Service, name: string, { ports, endpoints }: Draft): EndpointSlice {
  const { metadata, spec } = service;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name,
      namespace: metadata.namespace ?? "default",
      labels: {
        ...metadata.labels,
        [serviceNameLabel]: metadata.name ?? "",
        [managedByLabel]: managedBy,
        ...(spec?.clusterIP === "None" && { [headlessLabel]: "" }),
      },
      ownerReferences: [
        {
          apiVersion: "v1",
          kind: "Service",
          name: metadata.name ?? "",
          uid: metadata.uid ?? "",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: "IPv4",
    endpoints: [...endpoints],
    ports: [...ports],
  };
}

function isSame(slice: EndpointSlice, wanted: EndpointSlice): boolean {
  return (
    isDeepStrictEqual(slice.endpoints, wanted.endpoints) &&
    isDeepStrictEqual(slice.ports ?? [], wanted.ports) &&
    isDeepStrictEqual(slice.metadata.labels, wanted.metadata.labels) &&
    isDeepStrictEqual(slice.metadata.ownerReferences, wanted.metadata.ownerReferences)
  );
}

/** Names follow from the service and a count, so that a late cache leads to a refusal and not to a second slice. */
function freeName(service: Service, taken: Set<string | undefined>): string {
  for (let count = 0; ; count += 1) {
    const hash = createHash("sha256")
      .update(`${service.metadata.uid ?? ""}/${count}`)
      .digest("hex")
      .slice(0, 5);
    const name = `${service.metadata.name ?? ""}-${hash}`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

function takeFirst<T>(set: Set<T>): T | undefined {
  for (const item of set) {
    set.delete(item);
    return item;
  }
  return undefined;
}
