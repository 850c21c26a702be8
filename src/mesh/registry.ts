import { keyOf, type EndpointSlice, type Namespace } from "../model/index.ts";
import { AutoAddresses } from "./auto-address.ts";
import { entryHosts, entryServices, getsAddress } from "./entry-service.ts";
import type { MeshInput } from "./input.ts";
import { kubernetesService } from "./kubernetes-service.ts";
import { serviceHost } from "./names.ts";
import type { Reuse } from "./reuse.ts";
import { olderFirst, type MeshService } from "./service.ts";
import { workloadOf, type Workload } from "./workload.ts";

/** What runs, and what can be called. */
export interface Registry {
  /** By `namespace/name` of the pod. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** By host; where two have the same host the one that counts. */
  readonly services: ReadonlyMap<string, MeshService>;
  readonly autoAddresses: AutoAddresses;
}

export function resolveRegistry(input: MeshInput, reuse: Reuse, previous: Registry | undefined): Registry {
  const workloads = resolveWorkloads(input, reuse);
  const slices = slicesByService(input.endpointSlices);
  const entries = input.serviceEntries.toSorted(olderFirst);
  const autoAddresses = new AutoAddresses(addressNames(input), previous?.autoAddresses);
  const services = new Map<string, MeshService>();
  for (const service of input.services.toSorted(olderFirst)) {
    const host = serviceHost(service.metadata.name ?? "", service.metadata.namespace ?? "default");
    const own = slices.get(keyOf(service)) ?? [];
    const pods = own.flatMap((slice) =>
      (slice.endpoints ?? []).map((endpoint) => workloads.get(podKey(slice, endpoint))),
    );
    const address = service.spec?.type === "ExternalName" ? autoAddresses.of(host) : undefined;
    const resolved = reuse.get(`service ${host}`, [service, address, ...own, ...pods], () =>
      kubernetesService(service, own, (key) => workloads.get(key), address),
    );
    services.set(host, resolved);
  }
  for (const [host, service] of services) {
    const name = service.source.kind === "Service" ? service.ports[0]?.endpoints[0]?.address : undefined;
    const target = service.resolution === "dns" && name !== undefined ? services.get(name) : undefined;
    if (target !== undefined)
      services.set(
        host,
        reuse.get(`alias ${host}`, [service, target], () => aliasOf(service, target)),
      );
  }
  const all = [...workloads.values()];
  for (const entry of entries) {
    const wanted = entry.spec.workloadSelector === undefined ? [] : all;
    const name = (host: string) => `${entry.metadata.namespace ?? "default"}/${host}`;
    const addresses = entryHosts(entry)
      .filter((host) => getsAddress(entry, host))
      .map((host) => autoAddresses.of(name(host)));
    const resolved = reuse.get(`entry ${keyOf(entry)}`, [entry, ...wanted, ...addresses], () =>
      entryServices(entry, wanted, (host) => autoAddresses.of(name(host))),
    );
    for (const service of resolved) if (!services.has(service.host)) services.set(service.host, service);
  }
  return { workloads, services: reuse.get("services", [...services.values()], () => services), autoAddresses };
}

/** An ExternalName that names a service of the mesh leads to that service's endpoints. */
function aliasOf(service: MeshService, target: MeshService): MeshService {
  const ports = service.ports.map((port) => {
    const same = target.ports.find((entry) => entry.port === port.port);
    return { ...port, endpoints: same?.endpoints ?? [] };
  });
  return { ...service, resolution: "vip", external: false, ports };
}

function resolveWorkloads(input: MeshInput, reuse: Reuse): ReadonlyMap<string, Workload> {
  const namespaces = new Map<string, Namespace>(input.namespaces.map((namespace) => [keyOf(namespace), namespace]));
  const workloads = new Map<string, Workload>();
  for (const pod of input.pods) {
    const key = keyOf(pod);
    const namespace = namespaces.get(pod.metadata.namespace ?? "default");
    const workload = reuse.get<Workload | undefined>(`pod ${key}`, [pod, namespace], (before) => {
      const now = workloadOf(pod, namespace);
      // Most changes of a pod are to its status; they must not make a new workload of it.
      return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now;
    });
    if (workload !== undefined) workloads.set(key, workload);
  }
  return reuse.get("workloads", [...workloads.values()], () => workloads);
}

type SliceEndpoint = NonNullable<EndpointSlice["endpoints"]>[number];

function podKey(slice: EndpointSlice, endpoint: SliceEndpoint): string {
  const target = endpoint.targetRef;
  return `${target?.namespace ?? slice.metadata.namespace ?? "default"}/${target?.name ?? ""}`;
}

function slicesByService(slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> {
  const found = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = slice.metadata.labels?.["kubernetes.io/service-name"];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace ?? "default"}/${service}`;
    const list = found.get(key);
    if (list === undefined) found.set(key, [slice]);
    else list.push(slice);
  }
  return found;
}

function addressNames(input: MeshInput): string[] {
  const external = input.services
    .filter((service) => service.spec?.type === "ExternalName")
    .map((service) => serviceHost(service.metadata.name ?? "", service.metadata.namespace ?? "default"));
  const entries = input.serviceEntries.flatMap((entry) =>
    entryHosts(entry)
      .filter((host) => getsAddress(entry, host))
      .map((host) => `${entry.metadata.namespace ?? "default"}/${host}`),
  );
  return [...external, ...entries];
}
