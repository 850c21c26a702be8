import {
  effectivePolicy,
  layerOf,
  selects,
  type Endpoint,
  type Mesh,
  type MergedRule,
  type MeshService,
  type PortPolicy,
  type ServicePort,
  type Subset,
} from "../mesh/index.ts";
import {
  transportSocketTypes,
  type Cluster,
  type ClusterLoadAssignment,
  type LbEndpoint,
  type LocalityEndpoints,
  type ProxyProtocolUpstreamTransport,
} from "../xds/index.ts";
import {
  ads,
  blackHoleCluster,
  inboundPassthroughCluster,
  outboundCluster,
  passthroughCluster,
} from "./cluster-name.ts";
import { envoyDuration } from "./duration.ts";
import { originalProtocol, protocolOptions, type Caller } from "./upstream-protocol.ts";

const unlimited = 4_294_967_295;

export interface ClusterParts {
  readonly clusters: readonly Cluster[];
  readonly assignments: readonly ClusterLoadAssignment[];
}

/** The clusters of a service under a rule (or none): one a port, and one more for each subset. */
export function serviceClusters(
  mesh: Mesh,
  service: MeshService,
  rule: MergedRule | undefined,
  caller: Caller,
): ClusterParts {
  const clusters: Cluster[] = [];
  const assignments: ClusterLoadAssignment[] = [];
  for (const port of service.ports) {
    if (layerOf(port.protocol) === "none") continue;
    for (const subset of [undefined, ...(rule?.subsets ?? [])]) {
      const cluster = clusterOf(mesh, service, port, rule, subset, caller);
      clusters.push(cluster);
      if (cluster.type === "EDS") assignments.push(assignment(mesh, cluster.name, port, subset));
    }
  }
  return { clusters, assignments };
}

function clusterOf(
  mesh: Mesh,
  service: MeshService,
  port: ServicePort,
  rule: MergedRule | undefined,
  subset: Subset | undefined,
  caller: Caller,
): Cluster {
  const policy = effectivePolicy(rule, port.port, subset);
  const name = outboundCluster(service.host, port.port, subset?.name);
  const type = policy.loadBalancer?.simple === "PASSTHROUGH" ? "ORIGINAL_DST" : typeOf(service);
  return {
    name,
    type,
    ...(type === "EDS" ? { eds_cluster_config: { service_name: name, eds_config: ads } } : {}),
    connect_timeout: envoyDuration(policy.connectionPool?.tcp?.connectTimeout) ?? "10s",
    lb_policy: type === "ORIGINAL_DST" ? "CLUSTER_PROVIDED" : balancer(policy),
    ...(type === "STATIC" || type === "STRICT_DNS" || type === "LOGICAL_DNS"
      ? { load_assignment: assignment(mesh, name, port, subset) }
      : {}),
    ...(type === "STRICT_DNS" || type === "LOGICAL_DNS" ? { dns_refresh_rate: "60s", respect_dns_ttl: true } : {}),
    ...limits(policy),
    ...outliers(policy),
    ...protocolOptions(port.protocol, policy, mesh.settings, caller),
    ...transportSocket(policy),
    metadata: {
      filter_metadata: {
        istio: {
          services: [{ host: service.host, name: service.name, namespace: service.namespace }],
          ...(subset === undefined ? {} : { subset: subset.name }),
          default_original_port: port.port,
          ...(rule === undefined
            ? {}
            : {
                config: `/apis/networking.istio.io/v1/namespaces/${rule.namespace}/destination-rule/${rule.source.metadata.name ?? ""}`,
              }),
        },
      },
    },
  };
}

function typeOf(service: MeshService): NonNullable<Cluster["type"]> {
  switch (service.resolution) {
    case "vip":
    case "static":
      return "EDS";
    case "headless":
    case "none":
      return "ORIGINAL_DST";
    case "dns":
      return "STRICT_DNS";
    case "dns-first":
      return "LOGICAL_DNS";
  }
}

function balancer(policy: PortPolicy): NonNullable<Cluster["lb_policy"]> {
  const { simple, consistentHash } = policy.loadBalancer ?? {};
  if (consistentHash !== undefined) return consistentHash.maglev === undefined ? "RING_HASH" : "MAGLEV";
  return simple === "ROUND_ROBIN" || simple === "RANDOM" ? simple : "LEAST_REQUEST";
}

/** Connections that begin with a header which names their client. */
function transportSocket({ proxyProtocol }: PortPolicy): Pick<Cluster, "transport_socket"> {
  if (proxyProtocol === undefined) return {};
  const plain = { "@type": transportSocketTypes.rawBuffer };
  const typed: ProxyProtocolUpstreamTransport = {
    "@type": transportSocketTypes.proxyProtocol,
    config: { version: proxyProtocol.version ?? "V1" },
    transport_socket: { name: "envoy.transport_sockets.raw_buffer", typed_config: plain },
  };
  return { transport_socket: { name: "envoy.transport_sockets.upstream_proxy_protocol", typed_config: typed } };
}

function limits(policy: PortPolicy): Pick<Cluster, "circuit_breakers"> {
  const { tcp, http } = policy.connectionPool ?? {};
  return {
    circuit_breakers: {
      thresholds: [
        {
          max_connections: tcp?.maxConnections || unlimited,
          max_pending_requests: http?.http1MaxPendingRequests || unlimited,
          max_requests: http?.http2MaxRequests || unlimited,
          max_retries: http?.maxRetries || unlimited,
        },
      ],
    },
  };
}

function outliers(policy: PortPolicy): Pick<Cluster, "outlier_detection"> {
  const given = policy.outlierDetection;
  if (given === undefined) return {};
  const gateway = given.consecutiveGatewayErrors ?? 0;
  return {
    outlier_detection: {
      consecutive_5xx: given.consecutive5xxErrors ?? 5,
      enforcing_consecutive_5xx: given.consecutive5xxErrors === 0 ? 0 : 100,
      ...(gateway === 0 ? {} : { consecutive_gateway_failure: gateway }),
      enforcing_consecutive_gateway_failure: gateway === 0 ? 0 : 100,
      enforcing_success_rate: 0,
      interval: envoyDuration(given.interval) ?? "10s",
      base_ejection_time: envoyDuration(given.baseEjectionTime) ?? "30s",
      max_ejection_percent: given.maxEjectionPercent ?? 10,
    },
  };
}

function assignment(mesh: Mesh, name: string, port: ServicePort, subset: Subset | undefined): ClusterLoadAssignment {
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of port.endpoints) {
    if (!endpoint.ready || !selects(subset?.labels, endpoint.labels)) continue;
    const group = groups.get(endpoint.locality);
    if (group === undefined) groups.set(endpoint.locality, [endpoint]);
    else group.push(endpoint);
  }
  return {
    cluster_name: name,
    endpoints: [...groups].map(([locality, group]): LocalityEndpoints => {
      const [region = "", zone = "", subZone = ""] = locality.split("/");
      return {
        locality: {
          ...(region === "" ? {} : { region }),
          ...(zone === "" ? {} : { zone }),
          ...(subZone === "" ? {} : { sub_zone: subZone }),
        },
        lb_endpoints: group.map((endpoint) => lbEndpoint(mesh, endpoint)),
        load_balancing_weight: group.reduce((sum, endpoint) => sum + endpoint.weight, 0),
      };
    }),
  };
}

function lbEndpoint(mesh: Mesh, endpoint: Endpoint): LbEndpoint {
  const { workload } = endpoint;
  const parts = workload && [
    workload.workloadName,
    workload.namespace,
    workload.canonicalName,
    workload.canonicalRevision,
    mesh.settings.clusterId,
  ];
  return {
    endpoint: { address: { socket_address: { address: endpoint.address, port_value: endpoint.port } } },
    health_status: "HEALTHY",
    load_balancing_weight: endpoint.weight,
    ...(parts ? { metadata: { filter_metadata: { istio: { workload: parts.join(";") } } } } : {}),
  };
}

/** Clusters that are not of any service. */
export const fixedClusters: readonly Cluster[] = [
  { name: blackHoleCluster, type: "STATIC", connect_timeout: "10s" },
  { ...originalDestination(passthroughCluster), ...originalProtocol },
];

export function originalDestination(name: string): Cluster {
  return {
    name,
    type: "ORIGINAL_DST",
    connect_timeout: "10s",
    lb_policy: "CLUSTER_PROVIDED",
    circuit_breakers: {
      thresholds: [
        {
          max_connections: unlimited,
          max_pending_requests: unlimited,
          max_requests: unlimited,
          max_retries: unlimited,
        },
      ],
    },
  };
}

export const inboundPassthrough: Cluster = { ...originalDestination(inboundPassthroughCluster), ...originalProtocol };
