/** What the two hops are configured with: the resources a mesh that says nothing special sends. */
import {
  filterTypes,
  type Cluster,
  type ClusterLoadAssignment,
  type HttpConnectionManager,
  type Listener,
  type ResourceSet,
  type RetryPolicy,
  type RouteConfiguration,
} from "../../src/xds/index.ts";

/** Where the mesh sees the callee. */
export const calleeAddress = "10.244.0.3";
const service = "shop.default.svc.cluster.local";
const outboundCluster = `outbound|80||${service}`;

/** An edge's rules for one service. */
export function gatewayHop(port: number, originPort: number): ResourceSet {
  return resources({
    listeners: [
      httpListener(`0.0.0.0_${port}`, port, "OUTBOUND", `http.${port}`, {
        server_name: "istio-envoy",
        use_remote_address: true,
      }),
    ],
    routes: [routes(`http.${port}`, outboundCluster, defaultRetry)],
    clusters: [endpointCluster()],
    endpoints: [assignment(originPort)],
  });
}

/** A caller's rules for that service. */
export function callerHop(port: number, originPort: number): ResourceSet {
  return resources({
    listeners: [httpListener(`0.0.0.0_${port}`, port, "OUTBOUND", String(port), { skip_xff_append: true })],
    routes: [routes(String(port), outboundCluster, defaultRetry)],
    clusters: [endpointCluster()],
    endpoints: [assignment(originPort)],
  });
}

/** The rules of the pod that answers. */
export function calleeHop(originPort: number): ResourceSet {
  const name = `inbound|${originPort}||`;
  const listener = httpListener("virtualInbound", 15006, "INBOUND", name, {
    server_name: "istio-envoy",
    server_header_transformation: "OVERWRITE",
    skip_xff_append: true,
  });
  return resources({
    listeners: [{ ...listener, use_original_dst: true }],
    routes: [routes(name, name, { retry_on: "reset-before-request", num_retries: 2 })],
    clusters: [{ name, type: "ORIGINAL_DST", connect_timeout: "10s", lb_policy: "CLUSTER_PROVIDED" }],
  });
}

const previousHosts = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate";
const defaultRetry: RetryPolicy = {
  retry_on: "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
  num_retries: 2,
  retry_host_predicate: [
    { name: "envoy.retry_host_predicates.previous_hosts", typed_config: { "@type": previousHosts } },
  ],
  host_selection_retry_max_attempts: 5,
};

function httpListener(
  name: string,
  port: number,
  direction: "INBOUND" | "OUTBOUND",
  table: string,
  more: Partial<HttpConnectionManager>,
): Listener {
  const manager: HttpConnectionManager = {
    "@type": filterTypes.httpConnectionManager,
    stat_prefix: name,
    rds: {
      route_config_name: table,
      config_source: { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" },
    },
    http_filters: [
      { name: "envoy.filters.http.cors", typed_config: { "@type": filterTypes.cors } },
      { name: "envoy.filters.http.fault", typed_config: { "@type": filterTypes.fault } },
      { name: "envoy.filters.http.router", typed_config: { "@type": filterTypes.router } },
    ],
    normalize_path: true,
    stream_idle_timeout: "0s",
    upgrade_configs: [{ upgrade_type: "websocket" }],
    ...more,
  };
  return {
    name,
    address: { socket_address: { address: "0.0.0.0", port_value: port } },
    traffic_direction: direction,
    filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }],
  };
}

function routes(name: string, cluster: string, retry: RetryPolicy): RouteConfiguration {
  return {
    name,
    virtual_hosts: [
      {
        name: "shop",
        domains: ["shop.example", service, "*"],
        routes: [
          {
            name: "default",
            match: { prefix: "/" },
            route: { cluster, timeout: "0s", max_grpc_timeout: "0s", retry_policy: retry },
            decorator: { operation: `${service}:80/*` },
          },
        ],
        include_request_attempt_count: true,
      },
    ],
    validate_clusters: false,
    ignore_port_in_host_matching: true,
  };
}

function endpointCluster(): Cluster {
  return {
    name: outboundCluster,
    type: "EDS",
    connect_timeout: "10s",
    lb_policy: "LEAST_REQUEST",
    eds_cluster_config: {
      eds_config: { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" },
      service_name: outboundCluster,
    },
    metadata: {
      filter_metadata: { istio: { services: [{ host: service, name: "shop", namespace: "default" }] } },
    },
  };
}

function assignment(port: number): ClusterLoadAssignment {
  return {
    cluster_name: outboundCluster,
    endpoints: [
      {
        lb_endpoints: [
          {
            endpoint: { address: { socket_address: { address: calleeAddress, port_value: port } } },
            health_status: "HEALTHY",
            load_balancing_weight: 1,
            metadata: { filter_metadata: { istio: { workload: "callee;default;callee;v1;Kubernetes" } } },
          },
        ],
      },
    ],
  };
}

function resources(parts: {
  readonly listeners: readonly Listener[];
  readonly routes: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
  readonly endpoints?: readonly ClusterLoadAssignment[];
}): ResourceSet {
  return {
    listener: new Map(parts.listeners.map((each) => [each.name, each])),
    route: new Map(parts.routes.map((each) => [each.name, each])),
    cluster: new Map(parts.clusters.map((each) => [each.name, each])),
    endpoint: new Map((parts.endpoints ?? []).map((each) => [each.cluster_name, each])),
    names: new Map(),
  };
}
