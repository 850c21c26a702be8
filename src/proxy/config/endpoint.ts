import type { ClusterLoadAssignment, LbEndpoint, LocalityEndpoints } from "../../xds/index.ts";
import type { Endpoint, WorkloadLabels } from "./contract.ts";
import { endpointLabels, unknownWorkload } from "./workload-labels.ts";

/** One address requests go to. The same object as long as configuration names the address. */
export class LiveEndpoint implements Endpoint {
  readonly key: string;
  readonly address: string;
  readonly port: number;
  hostname: string | undefined;
  workload: WorkloadLabels = unknownWorkload;
  active = 0;
  gone = false;
  slot: unknown = undefined;
  healthy = true;
  weight = 1;
  /** What chooses among its cluster's transport sockets. */
  transport: Transport = {};
  /** Smooth weighted round robin's running sum. */
  turn = 0;

  constructor(address: string, port: number) {
    this.address = address;
    this.port = port;
    this.key = endpointKey(address, port);
  }

  /** The same address with connections of its own; this one takes no more. */
  successor(): LiveEndpoint {
    this.gone = true;
    const { hostname, workload, healthy, weight, transport } = this;
    return Object.assign(new LiveEndpoint(this.address, this.port), { hostname, workload, healthy, weight, transport });
  }
}

export function endpointKey(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

export type Transport = Readonly<Record<string, unknown>>;

/** An endpoint of an assignment, with names already resolved. */
export interface WantedEndpoint {
  readonly address: string;
  readonly port: number;
  readonly hostname: string | undefined;
  readonly healthy: boolean;
  readonly weight: number;
  readonly priority: number;
  readonly workload: WorkloadLabels;
  readonly transport: Transport;
}

/** What an assignment asks for; `addressesOf` gives a host's addresses (itself, when it is an address already). */
export function wantedEndpoints(
  assignment: ClusterLoadAssignment | undefined,
  addressesOf: (host: string) => readonly string[] = (host) => [host],
): WantedEndpoint[] {
  const wanted: WantedEndpoint[] = [];
  for (const locality of assignment?.endpoints ?? []) {
    const factor = localityFactor(locality);
    for (const entry of locality.lb_endpoints) {
      const { address: host, port_value } = entry.endpoint.address.socket_address;
      const addresses = addressesOf(host);
      for (const address of addresses) {
        wanted.push({
          address,
          port: port_value,
          hostname: entry.endpoint.hostname ?? (address === host ? undefined : host),
          healthy: isHealthy(entry),
          weight: (entry.load_balancing_weight ?? 1) * factor,
          priority: locality.priority ?? 0,
          workload: endpointLabels(entry.metadata),
          transport: entry.metadata?.filter_metadata?.["envoy.transport_socket_match"] ?? {},
        });
      }
    }
  }
  return wanted;
}

const isHealthy = ({ health_status: status = "UNKNOWN" }: LbEndpoint) => status === "UNKNOWN" || status === "HEALTHY";

/** Makes the weights of a locality's healthy endpoints sum up to the locality's own weight, when it has one. */
function localityFactor({ load_balancing_weight, lb_endpoints }: LocalityEndpoints): number {
  if (load_balancing_weight === undefined) return 1;
  let sum = 0;
  for (const entry of lb_endpoints) if (isHealthy(entry)) sum += entry.load_balancing_weight ?? 1;
  return sum === 0 ? 1 : load_balancing_weight / sum;
}
