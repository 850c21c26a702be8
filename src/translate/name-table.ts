import { visibleServices, type Mesh, type MeshService } from "../mesh/index.ts";
import type { NameTable } from "../xds/index.ts";

/** The names a client in `namespace` can resolve, and to what. */
export function nameTable(mesh: Mesh, namespace: string): NameTable {
  const table: Record<string, NameTable["table"][string]> = {};
  for (const service of visibleServices(mesh, namespace)) {
    const common =
      service.registry === "Kubernetes"
        ? { registry: "Kubernetes", shortname: service.name, namespace: service.namespace }
        : { registry: "External" };
    if (service.resolution === "headless") {
      table[service.host] = { ips: [...new Set(readyAddresses(service))], ...common };
      for (const [hostname, ips] of podNames(service)) {
        table[`${hostname}.${service.host}`] = {
          ips,
          registry: "Kubernetes",
          shortname: `${hostname}.${service.name}`,
          namespace: service.namespace,
        };
      }
      continue;
    }
    const ips = service.addresses.filter((address) => !address.includes("/"));
    if (ips.length > 0) table[service.host] = { ips, ...common };
  }
  return { table };
}

function readyAddresses(service: MeshService): string[] {
  return service.ports.flatMap((port) =>
    port.endpoints.filter((endpoint) => endpoint.ready).map((endpoint) => endpoint.address),
  );
}

/** Pods with a name of their own within the service (a StatefulSet's). */
function podNames(service: MeshService): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const endpoint of service.ports.flatMap((port) => port.endpoints)) {
    if (endpoint.hostname === undefined || endpoint.hostname === "") continue;
    const ips = names.get(endpoint.hostname) ?? [];
    if (!ips.includes(endpoint.address)) ips.push(endpoint.address);
    names.set(endpoint.hostname, ips);
  }
  return names;
}
