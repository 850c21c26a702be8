import type { Mesh } from "../mesh/index.ts";
import type { LoopbackAddress } from "../proxy/index.ts";
import type { NameTable, Node } from "../xds/index.ts";

/**
 * Addresses of loopback pods. Pod number p is 127.p.255.254. What it calls has an address of its own for each caller,
 * so the address a connection came in on tells who called whom:
 * service 10.96.a.b is 127.p.a.b, pod q is 127.p.254.q, the i-th address of a ServiceEntry is 127.p.252.i.
 */
export class LoopbackAddresses {
  readonly #outside = new Map<string, number>();

  /** `address` of the mesh as the pod at `caller` knows it; undefined when it has none (beyond the mesh). */
  seenFrom(caller: string, address: string): string | undefined {
    const number = podNumber(caller);
    const octets = address.split(".");
    if (number === undefined || octets.length !== 4) return undefined;
    if (octets[0] === "10" && octets[1] === "96") return `127.${number}.${octets[2] ?? ""}.${octets[3] ?? ""}`;
    const other = podNumber(address);
    if (other !== undefined) return `127.${number}.254.${other}`;
    if (!address.startsWith("240.240.")) return undefined;
    const index = this.#outside.get(address) ?? this.#outside.size + 1;
    if (index > 254) return undefined;
    this.#outside.set(address, index);
    return `127.${number}.252.${index}`;
  }

  /** The listeners the proxy needs: every service port and every pod port, once for each pod that may call it. */
  capture(mesh: Mesh, nodes: ReadonlyMap<string, Node>): LoopbackAddress[] {
    const targets = new Map<string, Set<number>>();
    const want = (address: string, port: number) => targets.set(address, (targets.get(address) ?? new Set()).add(port));
    for (const service of mesh.services.values()) {
      for (const port of service.ports) {
        for (const address of service.addresses) want(address, port.port);
        for (const endpoint of port.endpoints) want(endpoint.address, endpoint.port);
      }
    }
    const found: LoopbackAddress[] = [];
    for (const node of nodes.values()) {
      const caller = node.metadata.INSTANCE_IPS;
      for (const [destination, ports] of targets) {
        const local = this.seenFrom(caller, destination);
        if (local === undefined) continue;
        for (const port of ports) found.push({ local, port, caller: node.id, destination });
      }
    }
    return found;
  }

  /** What the resolver shim of a pod answers: every name of the table, in each form Kubernetes' search list allows. */
  names(caller: string, namespace: string, { table }: NameTable): Record<string, string[]> {
    const hosts: Record<string, string[]> = {};
    for (const [host, entry] of Object.entries(table)) {
      const addresses = entry.ips.flatMap((address) => this.seenFrom(caller, address) ?? []);
      if (addresses.length === 0) continue;
      hosts[host] = addresses;
      if (entry.shortname === undefined || entry.namespace === undefined) continue;
      if (entry.namespace === namespace) hosts[entry.shortname] = addresses;
      hosts[`${entry.shortname}.${entry.namespace}`] = addresses;
      hosts[`${entry.shortname}.${entry.namespace}.svc`] = addresses;
    }
    return hosts;
  }
}

function podNumber(address: string): number | undefined {
  const found = /^127\.(\d+)\.255\.254$/.exec(address);
  return found ? Number(found[1]) : undefined;
}
