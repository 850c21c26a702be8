import type { ServiceEntry } from "../model/index.ts";
import { plainEndpoint } from "./kubernetes-service.ts";
import { selects } from "./names.ts";
import { namedProtocol, protocolOf } from "./protocol.ts";
import type { Endpoint, MeshService, Resolution, ServicePort } from "./service.ts";
import { visibilityOf } from "./visibility.ts";
import type { Workload } from "./workload.ts";

const resolutions: Readonly<Record<string, Resolution>> = {
  NONE: "none",
  STATIC: "static",
  DNS: "dns",
  DNS_ROUND_ROBIN: "dns-first",
};

type EntryPort = NonNullable<ServiceEntry["spec"]["ports"]>[number];

/** The registry entries of a ServiceEntry, one a host. `autoAddress` is asked only for entries that get one. */
export function entryServices(
  entry: ServiceEntry,
  workloads: readonly Workload[],
  autoAddress: (host: string) => string,
): MeshService[] {
  const namespace = entry.metadata.namespace ?? "default";
  const resolution = resolutions[entry.spec.resolution ?? "NONE"] ?? "none";
  return entryHosts(entry).map((host) => {
    const ports = (entry.spec.ports ?? []).map((port): ServicePort => ({
      name: port.name,
      port: port.number,
      protocol:
        port.protocol === undefined ? protocolOf({ name: port.name, port: port.number }) : namedProtocol(port.protocol),
      endpoints: entryEndpoints(entry, port, host, workloads),
    }));
    const addresses = (entry.spec.addresses ?? []).map((address) => address.replace(/\/32$/, ""));
    return {
      host,
      name: host,
      namespace,
      registry: "External",
      resolution,
      addresses: addresses.length > 0 ? addresses : getsAddress(entry, host) ? [autoAddress(host)] : [],
      ports,
      visibility: visibilityOf(entry.spec.exportTo, namespace),
      external: entry.spec.location !== "MESH_INTERNAL",
      created: entry.metadata.creationTimestamp ?? "",
      source: entry,
    };
  });
}

export function entryHosts(entry: ServiceEntry): string[] {
  return entry.spec.hosts.map((host) => host.toLowerCase());
}

/** Whether Weft allocates an address for this host: Istio's rule. */
export function getsAddress(entry: ServiceEntry, host: string): boolean {
  if ((entry.spec.addresses ?? []).length > 0 || host.startsWith("*")) return false;
  if ((resolutions[entry.spec.resolution ?? "NONE"] ?? "none") === "none") return false;
  return entry.metadata.labels?.["networking.istio.io/enable-autoallocate-ip"] !== "false";
}

function entryEndpoints(
  entry: ServiceEntry,
  port: EntryPort,
  host: string,
  workloads: readonly Workload[],
): Endpoint[] {
  const target = port.targetPort ?? port.number;
  const listed = entry.spec.endpoints ?? [];
  if (listed.length > 0) {
    return listed.map((endpoint) => ({
      ...plainEndpoint(endpoint.address ?? host, endpoint.ports?.[port.name] ?? target),
      labels: endpoint.labels ?? {},
      weight: endpoint.weight ?? 1,
      locality: endpoint.locality ?? "",
    }));
  }
  const selector = entry.spec.workloadSelector?.labels;
  if (selector !== undefined) {
    return workloads
      .filter((workload) => workload.namespace === (entry.metadata.namespace ?? "default"))
      .filter((workload) => selects(selector, workload.labels))
      .map((workload) => ({ ...plainEndpoint(workload.address, target), labels: workload.labels, workload }));
  }
  const resolution = resolutions[entry.spec.resolution ?? "NONE"];
  return resolution === "dns" || resolution === "dns-first" ? [plainEndpoint(host, target)] : [];
}
