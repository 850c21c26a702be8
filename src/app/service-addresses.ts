import type { Mesh } from "../mesh/index.ts";
import type { ServiceAddresses } from "../proxy/index.ts";

/** Who answers at the address and port of each service that has an address of its own. */
export function serviceAddresses(mesh: Mesh): ServiceAddresses {
  const found: Record<string, ServiceAddresses[string]> = {};
  for (const { registry, resolution, addresses, ports } of mesh.services.values()) {
    if (registry !== "Kubernetes" || resolution !== "vip") continue;
    for (const { port, endpoints } of ports) {
      const ready = endpoints.filter((endpoint) => endpoint.ready);
      for (const at of addresses)
        found[`${at}:${port}`] = ready.map(({ address, port: own }) => ({ address, port: own }));
    }
  }
  return found;
}
