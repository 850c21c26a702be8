import { filterTypes } from "../../xds/index.ts";
import { regex, stringMatcher } from "./matcher-shape.ts";
import { anything, duration, flag, list, message, noEffect, number, oneOf, table, text, typed } from "./shape.ts";
import { downstreamSocket, upstreamSocket, upstreamSocketMatches } from "./transport-socket-shape.ts";

/** What of Envoy's messages this proxy honours: the tables that arriving resources are held against. */

const later = (what: string) => noEffect(`${what} is not acted on yet`);
const names = noEffect("a name for people");
const metadata = message({ filter_metadata: table(anything), typed_filter_metadata: noEffect("not read") });
export const socketAddress = message({
  socket_address: message({ address: text, port_value: number, protocol: oneOf("TCP"), ipv4_compat: flag }),
});
const percent = message({ numerator: number, denominator: oneOf("HUNDRED", "TEN_THOUSAND", "MILLION") });
const runtimePercent = message({ default_value: percent, runtime_key: noEffect("there is no runtime layer") });
const headerOption = message({
  header: message({ key: text, value: text }),
  append_action: oneOf("APPEND_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS_OR_ADD", "OVERWRITE_IF_EXISTS"),
});
const headerFields = {
  request_headers_to_add: list(headerOption),
  request_headers_to_remove: list(text),
  response_headers_to_add: list(headerOption),
  response_headers_to_remove: list(text),
};

const fault = message({
  delay: message({ fixed_delay: duration, percentage: percent }),
  abort: message({ http_status: number, grpc_status: number, percentage: percent }, ["http_status", "grpc_status"]),
});
const cors = message({
  allow_origin_string_match: list(stringMatcher),
  allow_methods: text,
  allow_headers: text,
  expose_headers: text,
  max_age: text,
  allow_credentials: flag,
  forward_not_matching_preflights: flag,
  filter_enabled: runtimePercent,
});

const weighted = message({ name: text, weight: number, ...headerFields, host_rewrite_literal: text });
const upgrade = { upgrade_type: text, enabled: flag };
const retry = message({
  retry_on: text,
  num_retries: number,
  per_try_timeout: duration,
  retriable_status_codes: list(number),
  retry_back_off: message({ base_interval: duration, max_interval: duration }),
  retry_host_predicate: list(
    message({ name: oneOf("envoy.retry_host_predicates.previous_hosts"), typed_config: anything }),
  ),
  host_selection_retry_max_attempts: number,
});
const action = message(
  {
    cluster: text,
    weighted_clusters: message({ clusters: list(weighted), total_weight: noEffect("the sum of the weights counts") }),
    cluster_header: text,
    cluster_not_found_response_code: oneOf("SERVICE_UNAVAILABLE", "NOT_FOUND", "INTERNAL_SERVER_ERROR"),
    prefix_rewrite: text,
    regex_rewrite: message({ pattern: regex, substitution: text }),
    host_rewrite_literal: text,
    auto_host_rewrite: flag,
    append_x_forwarded_host: later("X-Forwarded-Host"),
    timeout: duration,
    idle_timeout: later("a route's own idle timeout"),
    max_grpc_timeout: later("grpc-timeout"),
    max_stream_duration: later("grpc-timeout"),
    retry_policy: retry,
    request_mirror_policies: list(
      message({
        cluster: text,
        runtime_fraction: runtimePercent,
        trace_sampled: later("sampling of mirrored requests"),
        disable_shadow_host_suffix_append: noEffect("the suffix is never appended"),
      }),
    ),
    hash_policy: list(
      message(
        {
          header: message({ header_name: text }),
          cookie: message({ name: text, path: text, ttl: later("making cookies for balancing") }),
          connection_properties: message({ source_ip: flag }),
          query_parameter: message({ name: text }),
        },
        ["header", "cookie", "connection_properties", "query_parameter"],
      ),
    ),
    upgrade_configs: list(message({ ...upgrade, connect_config: message({}) })),
  },
  ["cluster", "weighted_clusters"],
);

const match = message(
  {
    prefix: text,
    path: text,
    safe_regex: regex,
    path_separated_prefix: text,
    connect_matcher: message({}),
    case_sensitive: flag,
    runtime_fraction: runtimePercent,
    headers: list(
      message({
        name: text,
        string_match: stringMatcher,
        present_match: flag,
        invert_match: flag,
        treat_missing_header_as_empty: flag,
      }),
    ),
    query_parameters: list(message({ name: text, string_match: stringMatcher, present_match: flag })),
  },
  ["prefix", "path", "safe_regex", "path_separated_prefix", "connect_matcher"],
);

const route = message(
  {
    name: text,
    match,
    route: action,
    redirect: message({
      https_redirect: flag,
      scheme_redirect: text,
      host_redirect: text,
      port_redirect: number,
      path_redirect: text,
      prefix_rewrite: text,
      response_code: oneOf("MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"),
      strip_query: flag,
    }),
    direct_response: message({ status: number, body: message({ inline_string: text, inline_bytes: text }) }),
    metadata,
    decorator: message({ operation: text }),
    ...headerFields,
    typed_per_filter_config: table(typed({ [filterTypes.fault]: fault, [filterTypes.corsPolicy]: cors })),
  },
  ["route", "redirect", "direct_response"],
);

export const routeShape = message({
  name: text,
  virtual_hosts: list(
    message({
      name: text,
      domains: list(text),
      routes: list(route),
      require_tls: oneOf("NONE", "EXTERNAL_ONLY", "ALL"),
      include_request_attempt_count: flag,
    }),
  ),
  validate_clusters: noEffect("a missing cluster answers 503 when asked for"),
  ignore_port_in_host_matching: flag,
});

const accessLogs = list(
  message({
    name: names,
    typed_config: typed({
      [filterTypes.fileAccessLog]: message({
        path: text,
        log_format: message({
          text_format_source: message({ inline_string: text }),
          json_format: table(text),
          text_format: text,
        }),
        format: text,
      }),
    }),
  }),
);

const configSource = noEffect("everything comes over the one ADS conversation");

const http2Options = message({
  max_concurrent_streams: number,
  initial_stream_window_size: number,
  initial_connection_window_size: number,
  hpack_table_size: number,
  allow_connect: flag,
  max_outbound_control_frames: number,
  max_consecutive_inbound_frames_with_empty_payload: number,
});
const httpVersions = { http_protocol_options: message({}), http2_protocol_options: http2Options };
const httpProtocolOptions = message(
  {
    common_http_protocol_options: message({ idle_timeout: duration, max_requests_per_connection: number }),
    explicit_http_config: message(httpVersions, ["http_protocol_options", "http2_protocol_options"]),
    use_downstream_protocol_config: message(httpVersions),
    auto_config: message(httpVersions),
  },
  ["explicit_http_config", "use_downstream_protocol_config", "auto_config"],
);

const connectionManager = message({
  stat_prefix: names,
  codec_type: oneOf("AUTO", "HTTP1", "HTTP2"),
  http2_protocol_options: http2Options,
  rds: message({ route_config_name: text, config_source: configSource }),
  route_config: routeShape,
  http_filters: list(
    message({
      name: names,
      typed_config: typed({
        [filterTypes.router]: table(noEffect("the router has no settings here")),
        [filterTypes.fault]: message({}),
        [filterTypes.cors]: message({}),
      }),
    }),
  ),
  server_name: text,
  server_header_transformation: oneOf("OVERWRITE", "APPEND_IF_ABSENT", "PASS_THROUGH"),
  use_remote_address: flag,
  skip_xff_append: flag,
  xff_num_trusted_hops: number,
  generate_request_id: flag,
  preserve_external_request_id: flag,
  always_set_request_id_in_response: later("the request id in responses"),
  normalize_path: flag,
  merge_slashes: flag,
  stream_idle_timeout: duration,
  request_timeout: duration,
  upgrade_configs: list(message(upgrade)),
  access_log: accessLogs,
  http_protocol_options: message({ accept_http_10: flag, allow_absolute_url: flag, default_host_for_http_10: names }),
});

const tcpProxy = message(
  {
    stat_prefix: names,
    cluster: text,
    weighted_clusters: message({ clusters: list(message({ name: text, weight: number })) }),
    idle_timeout: duration,
    max_connect_attempts: number,
    max_downstream_connection_duration: duration,
    access_log: accessLogs,
  },
  ["cluster", "weighted_clusters"],
);

const ranges = list(message({ address_prefix: text, prefix_len: number }));
const filterChain = message({
  name: text,
  filter_chain_match: message({
    destination_port: number,
    prefix_ranges: ranges,
    source_prefix_ranges: ranges,
    server_names: list(text),
    transport_protocol: oneOf("raw_buffer", "tls"),
    application_protocols: list(text),
  }),
  filters: list(
    message({
      name: names,
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
  address: socketAddress,
  additional_addresses: list(message({ address: socketAddress })),
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
});

export const endpointShape = message({
  cluster_name: text,
  endpoints: list(
    message({
      locality: message({ region: text, zone: text, sub_zone: text }),
      lb_endpoints: list(
        message({
          endpoint: message({ address: socketAddress, hostname: text }),
          health_status: oneOf("UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"),
          load_balancing_weight: number,
          metadata,
        }),
      ),
      load_balancing_weight: number,
      priority: number,
    }),
  ),
});

export const clusterShape = message({
  name: text,
  type: oneOf("STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS", "ORIGINAL_DST"),
  eds_cluster_config: message({ service_name: text, eds_config: configSource }),
  connect_timeout: duration,
  lb_policy: oneOf("ROUND_ROBIN", "LEAST_REQUEST", "RING_HASH", "MAGLEV", "RANDOM", "CLUSTER_PROVIDED"),
  load_assignment: endpointShape,
  dns_refresh_rate: duration,
  dns_lookup_family: oneOf("AUTO", "V4_ONLY", "V6_ONLY", "V4_PREFERRED", "ALL"),
  respect_dns_ttl: later("the time to live of a DNS answer"),
  circuit_breakers: message({
    thresholds: list(
      message({
        max_connections: number,
        max_pending_requests: number,
        max_requests: number,
        max_retries: number,
        track_remaining: names,
      }),
    ),
  }),
  outlier_detection: later("outlier detection"),
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
});

export const nameTableShape = message({
  table: table(message({ ips: list(text), registry: text, shortname: text, namespace: text, alt_hosts: list(text) })),
});
