import { filterTypes } from "../../xds/index.ts";
import { metadata, names, socketAddress } from "./honoured-parts.ts";
import { routeShape, upgrade } from "./honoured-routes.ts";
import { duration, flag, later, list, message, noEffect, number, oneOf, only } from "./shape.ts";
import { positive, refused, required, table, text, typed, whole } from "./shape.ts";
import { downstreamSocket, upstreamSocket, upstreamSocketMatches } from "./transport-socket-shape.ts";

export { routeShape };

/** What of Envoy's messages this proxy honours: the tables that arriving resources are held against. */

export const logFormat = message(
  { text_format_source: message({ inline_string: text }), json_format: table(text), text_format: text },
  ["text_format_source", "json_format", "text_format"],
);
const accessLogs = list(
  message({
    name: names,
    typed_config: typed({
      [filterTypes.fileAccessLog]: message(
        { path: required(text), log_format: logFormat, format: text },
        [],
        [["log_format", "format"]],
      ),
      [filterTypes.standardOutputLog]: message({ log_format: logFormat }),
      [filterTypes.standardErrorLog]: message({ log_format: logFormat }),
    }),
  }),
);

const configSource = noEffect("everything comes over the one ADS conversation");

export const http2Options = message({
  max_concurrent_streams: number,
  initial_stream_window_size: number,
  initial_connection_window_size: number,
  hpack_table_size: number,
  allow_connect: flag,
  max_outbound_control_frames: number,
  max_consecutive_inbound_frames_with_empty_payload: number,
  connection_keepalive: message({
    interval: duration,
    timeout: required(duration),
    interval_jitter: refused("PING is sent at the first look, once a second, after the interval"),
    connection_idle_interval: refused("connections are tried at their interval, not before a stream is opened"),
  }),
});
const httpVersions = { http_protocol_options: message({}), http2_protocol_options: http2Options };
const upstreamHttpOptions = message({ idle_timeout: duration, max_requests_per_connection: number });
const httpProtocolOptions = message(
  {
    common_http_protocol_options: upstreamHttpOptions,
    upstream_http_protocol_options: message({ auto_sni: flag, auto_san_validation: flag }),
    explicit_http_config: message(httpVersions, ["http_protocol_options", "http2_protocol_options"]),
    use_downstream_protocol_config: message(httpVersions),
    auto_config: message(httpVersions),
  },
  ["explicit_http_config", "use_downstream_protocol_config", "auto_config"],
);

const messagesCounted = noEffect("messages of gRPC are counted wherever there are requests, under Istio's names");
const connectionManager = message({
  stat_prefix: required(names),
  codec_type: oneOf("AUTO", "HTTP1", "HTTP2"),
  http2_protocol_options: http2Options,
  rds: message({ route_config_name: required(text), config_source: configSource }),
  route_config: routeShape,
  http_filters: list(
    message({
      name: required(names),
      typed_config: typed({
        [filterTypes.router]: message({
          suppress_envoy_headers: flag,
          dynamic_stats: noEffect("metrics are made as requests come"),
          start_child_span: only([false], "there are no traces yet"),
        }),
        [filterTypes.fault]: message({}),
        [filterTypes.cors]: message({}),
        [filterTypes.grpcWeb]: message({}),
        [filterTypes.grpcStats]: message({
          emit_filter_state: messagesCounted,
          stats_for_all_methods: messagesCounted,
          individual_method_stats_allowlist: messagesCounted,
          enable_upstream_stats: messagesCounted,
          replace_dots_in_grpc_service_name: messagesCounted,
        }),
      }),
    }),
  ),
  server_name: text,
  server_header_transformation: oneOf("OVERWRITE", "APPEND_IF_ABSENT", "PASS_THROUGH"),
  use_remote_address: flag,
  skip_xff_append: flag,
  forward_client_cert_details: oneOf(
    "SANITIZE",
    "FORWARD_ONLY",
    "APPEND_FORWARD",
    "SANITIZE_SET",
    "ALWAYS_FORWARD_ONLY",
  ),
  set_current_client_cert_details: message({ subject: flag, cert: flag, chain: flag, dns: flag, uri: flag }),
  xff_num_trusted_hops: number,
  generate_request_id: flag,
  preserve_external_request_id: flag,
  always_set_request_id_in_response: flag,
  normalize_path: flag,
  merge_slashes: flag,
  path_with_escaped_slashes_action: oneOf(
    "IMPLEMENTATION_SPECIFIC_DEFAULT",
    "KEEP_UNCHANGED",
    "REJECT_REQUEST",
    "UNESCAPE_AND_REDIRECT",
    "UNESCAPE_AND_FORWARD",
  ),
  common_http_protocol_options: message({
    idle_timeout: duration,
    max_connection_duration: duration,
    max_headers_count: whole(1, 10_000),
    max_requests_per_connection: number,
    headers_with_underscores_action: oneOf("ALLOW", "REJECT_REQUEST", "DROP_HEADER"),
    max_stream_duration: later("the time of a whole exchange"),
  }),
  max_request_headers_kb: whole(1, 8192),
  request_headers_timeout: duration,
  strip_matching_host_port: flag,
  strip_any_host_port: flag,
  drain_timeout: noEffect("a client that was told to go gets until its answers are there"),
  delayed_close_timeout: noEffect("a client gets 10 s to take the last answer and close"),
  stream_error_on_invalid_http_message: only([false], "what is malformed ends its connection"),
  stream_idle_timeout: duration,
  request_timeout: duration,
  upgrade_configs: list(message(upgrade)),
  access_log: accessLogs,
  http_protocol_options: message({
    accept_http_10: flag,
    allow_absolute_url: only([true], "an absolute target is read as what it says"),
    default_host_for_http_10: noEffect("a request without Host meets the routes of *"),
  }),
  tracing: refused("there are no traces yet"),
  local_reply_config: refused("the proxy's own answers cannot be changed yet"),
});

const tcpProxy = message(
  {
    stat_prefix: required(names),
    cluster: text,
    weighted_clusters: message({
      clusters: required(list(message({ name: required(text), weight: required(whole(1, 0xffff_ffff)) }))),
    }),
    idle_timeout: duration,
    max_connect_attempts: number,
    max_downstream_connection_duration: duration,
    access_log: accessLogs,
  },
  ["cluster", "weighted_clusters"],
);

const ranges = list(message({ address_prefix: required(text), prefix_len: whole(0, 128) }));
export const filterChain = message({
  name: text,
  filter_chain_match: message({
    destination_port: whole(1, 65_535),
    prefix_ranges: ranges,
    source_prefix_ranges: ranges,
    server_names: list(text),
    transport_protocol: oneOf("raw_buffer", "tls"),
    application_protocols: list(text),
  }),
  filters: list(
    message({
      name: required(names),
      typed_config: typed({
        [filterTypes.httpConnectionManager]: connectionManager,
        [filterTypes.tcpProxy]: tcpProxy,
        [filterTypes.mongoProxy]: message({ stat_prefix: text }),
      }),
    }),
  ),
  transport_socket: downstreamSocket,
  transport_socket_connect_timeout: duration,
  metadata,
});

export const listenerShape = message({
  name: text,
  address: required(socketAddress),
  additional_addresses: list(message({ address: required(socketAddress) })),
  traffic_direction: oneOf("UNSPECIFIED", "INBOUND", "OUTBOUND"),
  bind_to_port: flag,
  use_original_dst: flag,
  listener_filters: list(
    message({
      name: names,
      typed_config: typed({
        [filterTypes.httpInspector]: message({}),
        [filterTypes.tlsInspector]: message({}),
        [filterTypes.originalDst]: message({}),
        [filterTypes.proxyProtocol]: message({
          allow_requests_without_proxy_protocol: flag,
          disallowed_versions: list(oneOf("V1", "V2")),
          stat_prefix: names,
        }),
      }),
    }),
  ),
  listener_filters_timeout: duration,
  continue_on_listener_filters_timeout: flag,
  filter_chains: list(filterChain),
  default_filter_chain: filterChain,
  metadata,
  stat_prefix: names,
  per_connection_buffer_limit_bytes: noEffect("one read at a time waits for a slow peer, 64 KiB at most"),
  enable_reuse_port: noEffect("processes share a port where there are several of them"),
  reuse_port: noEffect("processes share a port where there are several of them"),
  tcp_backlog_size: noEffect("4096 connections may wait to be accepted"),
  drain_type: oneOf("DEFAULT"),
  ignore_global_conn_limit: noEffect("there is no limit over all listeners"),
  max_connections_to_accept_per_socket_event: noEffect("all that wait are accepted"),
  socket_options: list(refused("options of sockets cannot be set")),
  access_log: list(refused("connections are logged by the access_log of their filter")),
  udp_listener_config: refused("UDP is not served"),
  api_listener: refused("only listeners with sockets are served"),
});

export const endpointShape = message({
  cluster_name: required(text),
  endpoints: list(
    message({
      locality: message({ region: text, zone: text, sub_zone: text }),
      lb_endpoints: list(
        message({
          endpoint: required(
            message({
              address: required(socketAddress),
              hostname: text,
              health_check_config: noEffect("endpoints are not asked how they are"),
            }),
          ),
          health_status: oneOf("UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"),
          load_balancing_weight: whole(1, 0xffff_ffff),
          metadata,
        }),
      ),
      load_balancing_weight: whole(1, 0xffff_ffff),
      priority: whole(0, 128),
    }),
  ),
});

export const clusterShape = message({
  name: required(text),
  type: oneOf("STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST"),
  eds_cluster_config: message({ service_name: text, eds_config: configSource }),
  connect_timeout: positive,
  lb_policy: oneOf("ROUND_ROBIN", "LEAST_REQUEST", "RING_HASH", "MAGLEV", "RANDOM", "CLUSTER_PROVIDED"),
  load_assignment: endpointShape,
  dns_refresh_rate: positive,
  dns_failure_refresh_rate: message({ base_interval: required(positive), max_interval: positive }),
  dns_lookup_family: oneOf("AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"),
  respect_dns_ttl: later("the time to live of a DNS answer"),
  circuit_breakers: message({
    thresholds: list(
      message({
        max_connections: number,
        max_pending_requests: number,
        max_requests: number,
        max_retries: number,
        track_remaining: noEffect("what is left of a limit is not counted"),
      }),
    ),
  }),
  outlier_detection: later("outlier detection"),
  upstream_connection_options: message({
    tcp_keepalive: message({
      keepalive_time: whole(1, 32_767),
      keepalive_probes: only([10], "ten questions without an answer end a connection"),
      keepalive_interval: only([1], "a second lies between two questions"),
    }),
  }),
  max_requests_per_connection: number,
  common_http_protocol_options: upstreamHttpOptions,
  http2_protocol_options: http2Options,
  http_protocol_options: message({}),
  typed_extension_protocol_options: message({
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed({
      [filterTypes.httpProtocolOptions]: httpProtocolOptions,
    }),
  }),
  common_lb_config: later("the panic threshold"),
  transport_socket: upstreamSocket,
  transport_socket_matches: upstreamSocketMatches,
  metadata,
  alt_stat_name: names,
  per_connection_buffer_limit_bytes: noEffect("one read at a time waits for a slow peer, 64 KiB at most"),
  least_request_lb_config: message({ choice_count: only([2], "the less busy of two is chosen") }),
  ring_hash_lb_config: noEffect("there is no ring: each key has its endpoint by the highest of all hashes"),
  maglev_lb_config: noEffect("there is no table: each key has its endpoint by the highest of all hashes"),
  cleanup_interval: noEffect("1024 original destinations are remembered"),
  track_cluster_stats: noEffect("metrics are Istio's"),
  wait_for_warm_on_init: noEffect("endpoints are used once they are known"),
  ignore_health_on_host_removal: noEffect("an endpoint that is gone from the configuration is gone"),
  health_checks: list(refused("endpoints are not asked how they are; take it out, or give each a health_status")),
  lb_subset_config: refused("there are no subsets of endpoints; make each a cluster of its own"),
  upstream_bind_config: refused("connections go out from the address the system chooses"),
});

export const nameTableShape = message({
  table: table(message({ ips: list(text), registry: text, shortname: text, namespace: text, alt_hosts: list(text) })),
});
