import type { MeshSettings, PortPolicy, Protocol } from "../mesh/index.ts";
import {
  filterTypes,
  type FilterChain,
  type HttpConnectionManager,
  type Listener,
  type MongoProxy,
  type RouteConfiguration,
  type TcpProxy,
  type TypedFilter,
} from "../xds/index.ts";
import { ads } from "./cluster-name.ts";
import { envoyDuration } from "./duration.ts";

type Kind = "sidecar" | "inbound" | "gateway";

/** The filter that reads requests: routes by name (RDS) or standing in it. `web`: browsers may call gRPC here. */
export function httpFilter(
  settings: MeshSettings,
  kind: Kind,
  statPrefix: string,
  routes: string | RouteConfiguration,
  web: boolean,
): TypedFilter {
  const logs = accessLog(settings);
  const { numTrustedProxies } = settings.gatewayTopology;
  const typed: HttpConnectionManager = {
    "@type": filterTypes.httpConnectionManager,
    stat_prefix: statPrefix,
    ...(typeof routes === "string"
      ? { rds: { route_config_name: routes, config_source: ads } }
      : { route_config: routes }),
    http_filters: [
      ...(web ? [{ name: "envoy.filters.http.grpc_web", typed_config: { "@type": filterTypes.grpcWeb } }] : []),
      { name: "envoy.filters.http.grpc_stats", typed_config: grpcStats },
      { name: "envoy.filters.http.fault", typed_config: { "@type": filterTypes.fault } },
      { name: "envoy.filters.http.cors", typed_config: { "@type": filterTypes.cors } },
      { name: "envoy.filters.http.router", typed_config: { "@type": filterTypes.router } },
    ],
    ...(kind === "sidecar" ? {} : { server_name: "istio-envoy" }),
    ...(kind === "inbound" ? { server_header_transformation: "OVERWRITE" as const } : {}),
    use_remote_address: kind === "gateway",
    ...(kind === "gateway" && numTrustedProxies > 0 ? { xff_num_trusted_hops: numTrustedProxies } : {}),
    ...(kind === "gateway" ? {} : { skip_xff_append: true }),
    normalize_path: true,
    stream_idle_timeout: "0s",
    upgrade_configs: [{ upgrade_type: "websocket" }],
    ...(logs === undefined ? {} : { access_log: logs }),
  };
  return { name: "envoy.filters.network.http_connection_manager", typed_config: typed };
}

const grpcStats = { "@type": filterTypes.grpcStats, emit_filter_state: true };

/** The filters that carry the bytes of a protocol, to one cluster or by weight. */
export function tcpFilters(
  settings: MeshSettings,
  protocol: Protocol,
  target: string | readonly { readonly name: string; readonly weight: number }[],
  policy?: PortPolicy,
): readonly TypedFilter[] {
  const logs = accessLog(settings);
  const { idleTimeout, maxConnectionDuration } = policy?.connectionPool?.tcp ?? {};
  const idle = envoyDuration(idleTimeout);
  const longest = envoyDuration(maxConnectionDuration);
  const typed: TcpProxy = {
    "@type": filterTypes.tcpProxy,
    stat_prefix: typeof target === "string" ? target : (target[0]?.name ?? "none"),
    ...(typeof target === "string" ? { cluster: target } : { weighted_clusters: { clusters: target } }),
    ...(idle === undefined ? {} : { idle_timeout: idle }),
    ...(longest === undefined ? {} : { max_downstream_connection_duration: longest }),
    ...(logs === undefined ? {} : { access_log: logs }),
  };
  const proxy: TypedFilter = { name: "envoy.filters.network.tcp_proxy", typed_config: typed };
  return protocol === "mongo" ? [mongoFilter(typed.stat_prefix), proxy] : [proxy];
}

/** Counts what MongoDB's messages are, and passes them on as they are. */
function mongoFilter(statPrefix: string): TypedFilter {
  const typed: MongoProxy = { "@type": filterTypes.mongoProxy, stat_prefix: statPrefix };
  return { name: "envoy.filters.network.mongo_proxy", typed_config: typed };
}

/** Chains for a port whose protocol shows in the first bytes: requests if they look so, else bytes. */
export function detectingChains(http: TypedFilter, tcp: readonly TypedFilter[], port?: number): readonly FilterChain[] {
  const at = port === undefined ? {} : { destination_port: port };
  const plain = { ...at, transport_protocol: "raw_buffer" } as const;
  // HTTP/1.0 is left to the other chain: as bytes it passes, as requests it would be refused.
  const requests: FilterChain = {
    filter_chain_match: { ...plain, application_protocols: ["http/1.1", "h2c"] },
    filters: [http],
  };
  if (port === undefined) return [requests];
  // Twice: plain bytes are never given to a chain that asks for no transport while another asks for theirs.
  return [requests, { filter_chain_match: plain, filters: tcp }, { filter_chain_match: at, filters: tcp }];
}

const proxyProtocol: TypedFilter = {
  name: "envoy.filters.listener.proxy_protocol",
  typed_config: { "@type": filterTypes.proxyProtocol },
};

/** What a gateway reads of a connection before it chooses a chain: first whom it is made for. */
export function gatewayListenerFilters(
  { gatewayTopology }: MeshSettings,
  ...more: readonly TypedFilter[]
): Pick<Listener, "listener_filters"> {
  const filters = gatewayTopology.proxyProtocol ? [proxyProtocol, ...more] : more;
  return filters.length === 0 ? {} : { listener_filters: filters };
}

export const tlsInspector: TypedFilter = {
  name: "envoy.filters.listener.tls_inspector",
  typed_config: { "@type": filterTypes.tlsInspector },
};

/**
 * Detection ends after a second: a protocol whose server speaks first would wait for ever,
 * and a client that connects early rarely waits longer before its first request.
 */
export const detection = {
  listener_filters: [
    tlsInspector,
    { name: "envoy.filters.listener.http_inspector", typed_config: { "@type": filterTypes.httpInspector } },
  ],
  listener_filters_timeout: "1s",
  continue_on_listener_filters_timeout: true,
};

/** Istio's default format, where the mesh asks for a log. */
function accessLog(settings: MeshSettings): readonly TypedFilter[] | undefined {
  if (settings.accessLogFile === "") return undefined;
  const typed: { "@type": string; path: string; log_format: unknown } = {
    "@type": filterTypes.fileAccessLog,
    path: settings.accessLogFile,
    log_format: { text_format_source: { inline_string: logFormat } },
  };
  return [{ name: "envoy.access_loggers.file", typed_config: typed }];
}

const logFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  "%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";
