/**
 * Envoy v3 messages in their proto3 JSON form with proto field names, as in `envoy.yaml` and `/config_dump`.
 * Only what Weft emits or honours stands here. Durations are strings (`"2.5s"`), enums are names.
 */
import type { CorsPolicy, HttpFault } from "./http-filters.ts";

export type Duration = string;

interface SocketAddress {
  readonly socket_address: {
    readonly address: string;
    readonly port_value: number;
    readonly protocol?: "TCP" | "UDP";
    readonly ipv4_compat?: boolean;
  };
}

export interface Metadata {
  readonly filter_metadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface FractionalPercent {
  readonly numerator?: number;
  readonly denominator?: "HUNDRED" | "TEN_THOUSAND" | "MILLION";
}

export interface RuntimeFractionalPercent {
  readonly default_value: FractionalPercent;
}

export interface RegexMatcher {
  readonly regex: string;
  readonly google_re2?: Record<string, never>;
}

export interface StringMatcher {
  readonly exact?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly contains?: string;
  readonly safe_regex?: RegexMatcher;
  readonly ignore_case?: boolean;
}

// ---- listener -------------------------------------------------------------------------------------------------

export interface Listener {
  readonly name: string;
  readonly address: SocketAddress;
  readonly additional_addresses?: readonly { readonly address: SocketAddress }[];
  readonly traffic_direction?: "UNSPECIFIED" | "INBOUND" | "OUTBOUND";
  /** False: reached only through a listener with `use_original_dst`. */
  readonly bind_to_port?: boolean;
  readonly use_original_dst?: boolean;
  readonly listener_filters?: readonly TypedFilter[];
  /** `"0s"`: wait for the first bytes without end. */
  readonly listener_filters_timeout?: Duration;
  readonly continue_on_listener_filters_timeout?: boolean;
  readonly filter_chains: readonly FilterChain[];
  readonly default_filter_chain?: FilterChain;
  readonly metadata?: Metadata;
}

export interface FilterChainMatch {
  readonly destination_port?: number;
  readonly prefix_ranges?: readonly { readonly address_prefix: string; readonly prefix_len?: number }[];
  readonly source_prefix_ranges?: readonly { readonly address_prefix: string; readonly prefix_len?: number }[];
  readonly server_names?: readonly string[];
  readonly transport_protocol?: "raw_buffer" | "tls";
  readonly application_protocols?: readonly string[];
}

export interface FilterChain {
  readonly name?: string;
  readonly filter_chain_match?: FilterChainMatch;
  readonly filters: readonly TypedFilter[];
  readonly transport_socket?: TypedFilter;
  /** `"0s"`: none of its own. */
  readonly transport_socket_connect_timeout?: Duration;
  readonly metadata?: Metadata;
}

/** A named extension; the message stands in `typed_config` with its `@type`. */
export interface TypedFilter {
  readonly name: string;
  readonly typed_config?: { readonly "@type": string };
}

export const filterTypes = {
  httpConnectionManager:
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
  tcpProxy: "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
  mongoProxy: "type.googleapis.com/envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy",
  router: "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
  fault: "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
  cors: "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors",
  corsPolicy: "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
  grpcWeb: "type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb",
  grpcStats: "type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig",
  httpInspector: "type.googleapis.com/envoy.extensions.filters.listener.http_inspector.v3.HttpInspector",
  tlsInspector: "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
  originalDst: "type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst",
  proxyProtocol: "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
  httpProtocolOptions: "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
  fileAccessLog: "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
  standardOutputLog: "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
  standardErrorLog: "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
} as const;

/** A listener filter: connections begin with a header that names whom they are made for. */
export interface ProxyProtocol {
  readonly "@type": typeof filterTypes.proxyProtocol;
  readonly allow_requests_without_proxy_protocol?: boolean;
  readonly disallowed_versions?: readonly ("V1" | "V2")[];
}

/** Counts messages of MongoDB on their way to the TCP proxy behind it. */
export interface MongoProxy {
  readonly "@type": typeof filterTypes.mongoProxy;
  readonly stat_prefix: string;
}

export interface TcpProxy {
  readonly "@type": typeof filterTypes.tcpProxy;
  readonly stat_prefix: string;
  readonly cluster?: string;
  readonly weighted_clusters?: { readonly clusters: readonly { readonly name: string; readonly weight: number }[] };
  readonly idle_timeout?: Duration;
  readonly max_connect_attempts?: number;
  readonly max_downstream_connection_duration?: Duration;
  readonly access_log?: readonly TypedFilter[];
}

export interface Http2ProtocolOptions {
  readonly max_concurrent_streams?: number;
  readonly initial_stream_window_size?: number;
  readonly initial_connection_window_size?: number;
  readonly hpack_table_size?: number;
  readonly allow_connect?: boolean;
  readonly max_outbound_control_frames?: number;
  readonly max_consecutive_inbound_frames_with_empty_payload?: number;
  /** PING after each interval, and how long its answer may take. */
  readonly connection_keepalive?: { readonly interval?: Duration; readonly timeout: Duration };
}

/** `envoy.extensions.upstreams.http.v3.HttpProtocolOptions`: what a cluster's endpoints speak. */
export interface HttpProtocolOptions {
  readonly common_http_protocol_options?: {
    readonly idle_timeout?: Duration;
    readonly max_requests_per_connection?: number;
  };
  /** The name asked for over TLS is the request's host; the server's certificate must be of that name. */
  readonly upstream_http_protocol_options?: { readonly auto_sni?: boolean; readonly auto_san_validation?: boolean };
  readonly explicit_http_config?: HttpVersions;
  readonly use_downstream_protocol_config?: HttpVersions;
  readonly auto_config?: HttpVersions;
}

interface HttpVersions {
  readonly http_protocol_options?: object;
  readonly http2_protocol_options?: Http2ProtocolOptions;
}

export interface Router {
  readonly "@type": typeof filterTypes.router;
  readonly suppress_envoy_headers?: boolean;
}

/** Of clients' connections, or of endpoints'. */
interface CommonHttpOptions {
  readonly idle_timeout?: Duration;
  readonly max_connection_duration?: Duration;
  readonly max_headers_count?: number;
  readonly max_requests_per_connection?: number;
  readonly headers_with_underscores_action?: "ALLOW" | "REJECT_REQUEST" | "DROP_HEADER";
}

export interface HttpConnectionManager {
  readonly "@type": typeof filterTypes.httpConnectionManager;
  readonly stat_prefix: string;
  readonly codec_type?: "AUTO" | "HTTP1" | "HTTP2";
  readonly http2_protocol_options?: Http2ProtocolOptions;
  readonly rds?: { readonly route_config_name: string; readonly config_source: unknown };
  readonly route_config?: RouteConfiguration;
  readonly http_filters: readonly TypedFilter[];
  readonly server_name?: string;
  readonly server_header_transformation?: "OVERWRITE" | "APPEND_IF_ABSENT" | "PASS_THROUGH";
  readonly use_remote_address?: boolean;
  readonly skip_xff_append?: boolean;
  readonly forward_client_cert_details?:
    | "SANITIZE"
    | "FORWARD_ONLY"
    | "APPEND_FORWARD"
    | "SANITIZE_SET"
    | "ALWAYS_FORWARD_ONLY";
  readonly set_current_client_cert_details?: {
    readonly subject?: boolean;
    readonly cert?: boolean;
    readonly chain?: boolean;
    readonly dns?: boolean;
    readonly uri?: boolean;
  };
  readonly xff_num_trusted_hops?: number;
  readonly generate_request_id?: boolean;
  readonly preserve_external_request_id?: boolean;
  readonly always_set_request_id_in_response?: boolean;
  readonly common_http_protocol_options?: CommonHttpOptions;
  readonly max_request_headers_kb?: number;
  readonly request_headers_timeout?: Duration;
  readonly strip_matching_host_port?: boolean;
  readonly strip_any_host_port?: boolean;
  readonly path_with_escaped_slashes_action?:
    | "IMPLEMENTATION_SPECIFIC_DEFAULT"
    | "KEEP_UNCHANGED"
    | "REJECT_REQUEST"
    | "UNESCAPE_AND_REDIRECT"
    | "UNESCAPE_AND_FORWARD";
  readonly normalize_path?: boolean;
  readonly merge_slashes?: boolean;
  readonly stream_idle_timeout?: Duration;
  readonly request_timeout?: Duration;
  readonly upgrade_configs?: readonly { readonly upgrade_type: string; readonly enabled?: boolean }[];
  readonly access_log?: readonly TypedFilter[];
  readonly http_protocol_options?: { readonly accept_http_10?: boolean; readonly allow_absolute_url?: boolean };
}

// ---- routes ---------------------------------------------------------------------------------------------------

/** Header operations, which routes, clusters of a split, virtual hosts and route configurations have. */
interface HeaderFields {
  readonly request_headers_to_add?: readonly HeaderValueOption[];
  readonly request_headers_to_remove?: readonly string[];
  readonly response_headers_to_add?: readonly HeaderValueOption[];
  readonly response_headers_to_remove?: readonly string[];
}

/** What a virtual host or a route configuration says for its routes that do not say it themselves. */
export interface RouteDefaults extends HeaderFields {
  readonly request_mirror_policies?: readonly MirrorPolicy[];
  readonly typed_per_filter_config?: FilterConfigs;
}

type FilterConfigs = Readonly<Record<string, HttpFault | CorsPolicy>>;

interface MirrorPolicy {
  readonly cluster: string;
  readonly runtime_fraction?: RuntimeFractionalPercent;
  readonly trace_sampled?: boolean;
  readonly disable_shadow_host_suffix_append?: boolean;
}

export interface RouteConfiguration extends RouteDefaults {
  readonly name: string;
  readonly virtual_hosts: readonly VirtualHost[];
  /** Refused at load when a route names a cluster that is not there; true where it is not said, in a static configuration. */
  readonly validate_clusters?: boolean;
  readonly ignore_port_in_host_matching?: boolean;
}

export interface VirtualHost extends RouteDefaults {
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
  readonly require_tls?: "NONE" | "EXTERNAL_ONLY" | "ALL";
  readonly include_request_attempt_count?: boolean;
  readonly retry_policy?: RetryPolicy;
}

export interface Route extends HeaderFields {
  readonly name?: string;
  readonly match: RouteMatch;
  readonly route?: RouteAction;
  readonly redirect?: RedirectAction;
  readonly direct_response?: {
    readonly status: number;
    readonly body?: { readonly inline_string?: string; readonly inline_bytes?: string };
  };
  readonly metadata?: Metadata;
  readonly decorator?: { readonly operation: string };
  readonly typed_per_filter_config?: FilterConfigs;
}

/** Exactly one of prefix, path, safe_regex, path_separated_prefix, connect_matcher. */
export interface RouteMatch {
  readonly prefix?: string;
  readonly path?: string;
  readonly safe_regex?: RegexMatcher;
  readonly path_separated_prefix?: string;
  readonly connect_matcher?: object;
  readonly case_sensitive?: boolean;
  readonly runtime_fraction?: RuntimeFractionalPercent;
  readonly headers?: readonly HeaderMatcher[];
  readonly query_parameters?: readonly QueryParameterMatcher[];
}

export interface HeaderMatcher {
  /** Lower case; `:method`, `:authority`, `:scheme`, `:path` for the request's own. */
  readonly name: string;
  readonly string_match?: StringMatcher;
  readonly present_match?: boolean;
  /** Older forms of `string_match`. */
  readonly exact_match?: string;
  readonly prefix_match?: string;
  readonly suffix_match?: string;
  readonly contains_match?: string;
  readonly safe_regex_match?: RegexMatcher;
  readonly invert_match?: boolean;
  readonly treat_missing_header_as_empty?: boolean;
}

export interface QueryParameterMatcher {
  readonly name: string;
  readonly string_match?: StringMatcher;
  readonly present_match?: boolean;
}

export interface HeaderValueOption {
  readonly header: { readonly key: string; readonly value?: string };
  /** The older form of `append_action`: false overwrites. */
  readonly append?: boolean;
  readonly append_action?:
    | "APPEND_IF_EXISTS_OR_ADD"
    | "ADD_IF_ABSENT"
    | "OVERWRITE_IF_EXISTS_OR_ADD"
    | "OVERWRITE_IF_EXISTS";
}

/** Exactly one of cluster, weighted_clusters, cluster_header. */
export interface RouteAction {
  readonly cluster?: string;
  readonly weighted_clusters?: { readonly clusters: readonly WeightedCluster[] };
  readonly cluster_not_found_response_code?: "SERVICE_UNAVAILABLE" | "NOT_FOUND" | "INTERNAL_SERVER_ERROR";
  readonly prefix_rewrite?: string;
  readonly regex_rewrite?: { readonly pattern: RegexMatcher; readonly substitution?: string };
  readonly host_rewrite_literal?: string;
  readonly auto_host_rewrite?: boolean;
  readonly append_x_forwarded_host?: boolean;
  readonly timeout?: Duration;
  readonly idle_timeout?: Duration;
  readonly max_grpc_timeout?: Duration;
  readonly grpc_timeout_offset?: Duration;
  readonly max_stream_duration?: {
    readonly max_stream_duration?: Duration;
    readonly grpc_timeout_header_max?: Duration;
    readonly grpc_timeout_header_offset?: Duration;
  };
  readonly retry_policy?: RetryPolicy;
  readonly request_mirror_policies?: readonly MirrorPolicy[];
  readonly hash_policy?: readonly HashPolicy[];
  readonly upgrade_configs?: readonly {
    readonly upgrade_type: string;
    readonly enabled?: boolean;
    readonly connect_config?: object;
  }[];
}

export interface WeightedCluster extends HeaderFields {
  readonly name: string;
  readonly weight: number;
  readonly host_rewrite_literal?: string;
}

export interface HashPolicy {
  readonly header?: { readonly header_name: string };
  readonly cookie?: { readonly name: string; readonly path?: string; readonly ttl?: Duration };
  readonly connection_properties?: { readonly source_ip?: boolean };
  readonly query_parameter?: { readonly name: string };
}

export interface RetryPolicy {
  /** Comma-separated: `connect-failure,refused-stream,5xx,gateway-error,reset,retriable-status-codes`. */
  readonly retry_on?: string;
  readonly num_retries?: number;
  readonly per_try_timeout?: Duration;
  readonly retriable_status_codes?: readonly number[];
  readonly retry_back_off?: { readonly base_interval: Duration; readonly max_interval?: Duration };
  readonly retry_host_predicate?: readonly TypedFilter[];
  readonly host_selection_retry_max_attempts?: number;
}

export interface RedirectAction {
  readonly https_redirect?: boolean;
  readonly scheme_redirect?: string;
  readonly host_redirect?: string;
  readonly port_redirect?: number;
  readonly path_redirect?: string;
  readonly prefix_rewrite?: string;
  readonly response_code?: "MOVED_PERMANENTLY" | "FOUND" | "SEE_OTHER" | "TEMPORARY_REDIRECT" | "PERMANENT_REDIRECT";
  readonly strip_query?: boolean;
}

// ---- clusters -------------------------------------------------------------------------------------------------

export interface Cluster {
  readonly name: string;
  readonly type?: "STATIC" | "STRICT_DNS" | "LOGICAL_DNS" | "EDS" | "ORIGINAL_DST";
  readonly eds_cluster_config?: { readonly service_name?: string; readonly eds_config: unknown };
  readonly connect_timeout?: Duration;
  readonly lb_policy?: "ROUND_ROBIN" | "LEAST_REQUEST" | "RING_HASH" | "MAGLEV" | "RANDOM" | "CLUSTER_PROVIDED";
  readonly load_assignment?: ClusterLoadAssignment;
  readonly dns_refresh_rate?: Duration;
  readonly dns_failure_refresh_rate?: { readonly base_interval: Duration; readonly max_interval?: Duration };
  readonly upstream_connection_options?: { readonly tcp_keepalive?: { readonly keepalive_time?: number } };
  /** Older places of what `typed_extension_protocol_options` says. */
  readonly max_requests_per_connection?: number;
  readonly common_http_protocol_options?: Pick<CommonHttpOptions, "idle_timeout" | "max_requests_per_connection">;
  readonly http2_protocol_options?: Http2ProtocolOptions;
  readonly dns_lookup_family?: "AUTO" | "V4_ONLY" | "V6_ONLY" | "V4_PREFERRED" | "ALL";
  readonly respect_dns_ttl?: boolean;
  readonly circuit_breakers?: {
    readonly thresholds: readonly {
      readonly max_connections?: number;
      readonly max_pending_requests?: number;
      readonly max_requests?: number;
      readonly max_retries?: number;
    }[];
  };
  readonly outlier_detection?: Readonly<Record<string, unknown>>;
  readonly typed_extension_protocol_options?: Readonly<Record<string, unknown>>;
  /** `filter_metadata.istio`: `{ services: [{host, name, namespace}], subset?, default_original_port? }`. */
  readonly metadata?: Metadata;
  readonly transport_socket?: TypedFilter;
  /** The first whose `match` stands in the endpoint's metadata under `envoy.transport_socket_match`. */
  readonly transport_socket_matches?: readonly {
    readonly name: string;
    readonly match?: Readonly<Record<string, unknown>>;
    readonly transport_socket: TypedFilter;
  }[];
  readonly alt_stat_name?: string;
}

export interface ClusterLoadAssignment {
  readonly cluster_name: string;
  readonly endpoints: readonly LocalityEndpoints[];
}

export interface LocalityEndpoints {
  readonly locality?: { readonly region?: string; readonly zone?: string; readonly sub_zone?: string };
  readonly lb_endpoints: readonly LbEndpoint[];
  readonly load_balancing_weight?: number;
  readonly priority?: number;
}

export interface LbEndpoint {
  readonly endpoint: { readonly address: SocketAddress; readonly hostname?: string };
  readonly health_status?: "UNKNOWN" | "HEALTHY" | "UNHEALTHY" | "DRAINING";
  readonly load_balancing_weight?: number;
  /** `filter_metadata.istio.workload`: `name;namespace;canonical-name;canonical-revision;cluster` (Istio's form). */
  readonly metadata?: Metadata;
}
