import type { LiveCluster } from "../config/cluster.ts";
import type { BoundPort } from "../capture/bound-ports.ts";
import { endpointKey, type LiveEndpoint } from "../config/endpoint.ts";
import type { LiveWorkload } from "../config/workload.ts";
import type { SocketAddress } from "../contract.ts";

const health = ({ healthy }: LiveEndpoint) => (healthy ? "HEALTHY" : "UNHEALTHY");
const socketAddress = (address: string, port: number) => ({ socket_address: { address, port_value: port } });

/** Envoy's `/clusters` as text: `cluster::what::value` lines. */
export function clustersText(workloads: readonly LiveWorkload[]): string {
  const lines = workloads.flatMap(({ clusters }) => clusters.flatMap(clusterLines));
  return lines.map((line) => `${line}\n`).join("");
}

function clusterLines(cluster: LiveCluster): string[] {
  const { name, limits } = cluster;
  return [
    `${name}::observability_name::${name}`,
    `${name}::default_priority::max_connections::${limits.connections}`,
    `${name}::default_priority::max_pending_requests::${limits.pending}`,
    `${name}::default_priority::max_requests::${limits.requests}`,
    `${name}::default_priority::max_retries::${limits.retries}`,
    `${name}::added_via_api::true`,
    ...cluster.endpoints.flatMap((endpoint) => [
      `${name}::${endpoint.key}::rq_active::${endpoint.active}`,
      `${name}::${endpoint.key}::hostname::${endpoint.hostname ?? ""}`,
      `${name}::${endpoint.key}::health_flags::${endpoint.healthy ? "healthy" : "/failed_eds_health"}`,
      `${name}::${endpoint.key}::weight::${endpoint.weight}`,
    ]),
  ];
}

export function clustersJson(workloads: readonly LiveWorkload[]): unknown {
  return {
    cluster_statuses: workloads.flatMap(({ clusters }) =>
      clusters.map((cluster) => ({
        name: cluster.name,
        added_via_api: true,
        observability_name: cluster.name,
        circuit_breakers: {
          thresholds: [
            {
              max_connections: cluster.limits.connections,
              max_pending_requests: cluster.limits.pending,
              max_requests: cluster.limits.requests,
              max_retries: cluster.limits.retries,
            },
          ],
        },
        host_statuses: cluster.endpoints.map((endpoint) => ({
          address: socketAddress(endpoint.address, endpoint.port),
          stats: [{ type: "GAUGE", name: "rq_active", value: String(endpoint.active) }],
          health_status: { eds_health_status: health(endpoint) },
          weight: endpoint.weight,
          ...(endpoint.hostname === undefined ? {} : { hostname: endpoint.hostname }),
        })),
      })),
    ),
  };
}

interface ShownListener {
  readonly name: string;
  readonly addresses: readonly SocketAddress[];
}

/** The listeners of workloads, or those of a static configuration where they are really bound. */
export function listenersOf(
  workloads: readonly LiveWorkload[],
  bound: readonly BoundPort[] | undefined,
): readonly ShownListener[] {
  if (!bound) return workloads.flatMap(({ listeners }) => listeners);
  return [...Map.groupBy(bound, ({ listener }) => listener)].map(([name, addresses]) => ({ name, addresses }));
}

export function listenersText(listeners: readonly ShownListener[]): string {
  return listeners
    .flatMap(({ name, addresses }) => addresses.map((at) => `${name}::${endpointKey(at.address, at.port)}\n`))
    .join("");
}

export function listenersJson(listeners: readonly ShownListener[]): unknown {
  return {
    listener_statuses: listeners.map(({ name, addresses }) => {
      const [first, ...more] = addresses.map(({ address, port }) => socketAddress(address, port));
      return { name, local_address: first, ...(more.length > 0 ? { additional_local_addresses: more } : {}) };
    }),
  };
}
