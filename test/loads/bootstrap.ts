/** A bootstrap that leads every protocol to endpoints of its own; JSON is YAML. */
import type { Endpoint } from "./endpoint.ts";

export interface Variant {
  /** Goes up with every change. */
  readonly generation: number;
  readonly endpoints: readonly Endpoint[];
}

const extension = "type.googleapis.com/envoy.extensions";
const router = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": `${extension}.filters.http.router.v3.Router` },
};

/** A body that was sent is kept for another try only where there may be one: its endpoint may have been leaving. */
const retries = { retry_on: "refused-stream,connect-failure", num_retries: 2 };

/** Routes, clusters and settings of listeners differ from one generation to the next. */
export function bootstrapOf({ generation, endpoints }: Variant): string {
  const isOdd = generation % 2 === 1;
  const suffix = generation % 3;
  const to = (name: string) => ({
    cluster: `${name}-${suffix}`,
    timeout: isOdd ? "20s" : "30s",
    retry_policy: retries,
  });
  const listeners = [
    listener("web", connectionManager(generation, to)),
    listener("raw", {
      name: "envoy.filters.network.tcp_proxy",
      typed_config: {
        "@type": `${extension}.filters.network.tcp_proxy.v3.TcpProxy`,
        stat_prefix: `raw${suffix}`,
        cluster: `raw-${suffix}`,
        idle_timeout: isOdd ? "100s" : "200s",
      },
    }),
    ...(isOdd ? [listener("extra", connectionManager(generation, to))] : []),
  ];
  const clusters = [
    cluster(`one-${suffix}`, endpoints, "http", { max_requests_per_connection: isOdd ? 7 : undefined }),
    cluster(`two-${suffix}`, endpoints, "http2", { ...http2, lb_policy: isOdd ? "LEAST_REQUEST" : "ROUND_ROBIN" }),
    cluster(`calls-${suffix}`, endpoints, "grpc", { ...http2, connect_timeout: isOdd ? "2s" : "3s" }),
    cluster(`sockets-${suffix}`, endpoints, "http", {}),
    cluster(`raw-${suffix}`, endpoints, "tcp", {}),
  ];
  return JSON.stringify({ admin: { address: at(0) }, static_resources: { listeners, clusters } }, null, 1);
}

const at = (port: number, address = "127.0.0.1") => ({ socket_address: { address, port_value: port } });
const listener = (name: string, filter: object) => ({
  name,
  address: at(0, "0.0.0.0"),
  filter_chains: [{ filters: [filter] }],
});

function connectionManager(generation: number, to: (name: string) => object) {
  const isOdd = generation % 2 === 1;
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": `${extension}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "web",
      codec_type: "AUTO",
      server_name: `generation-${generation}`,
      stream_idle_timeout: isOdd ? "100s" : "200s",
      http2_protocol_options: { max_concurrent_streams: isOdd ? 50 : 100 },
      upgrade_configs: [{ upgrade_type: "websocket" }],
      route_config: {
        name: `routes-${generation % 3}`,
        virtual_hosts: [
          {
            name: "all",
            domains: ["*"],
            routes: [
              ...(isOdd ? [{ match: { prefix: "/direct" }, direct_response: { status: 418 } }] : []),
              { match: { prefix: "/two" }, route: to("two") },
              { match: { prefix: "/test.Echo/" }, route: to("calls") },
              { match: { prefix: "/socket" }, route: { ...to("sockets"), timeout: "0s" } },
              { match: { prefix: "/" }, route: to("one") },
            ],
          },
        ],
      },
      http_filters: [router],
    },
  };
}

const http2 = {
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": `${extension}.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

const cluster = (name: string, endpoints: readonly Endpoint[], port: keyof Endpoint["ports"], more: object) => ({
  name,
  type: "STATIC",
  connect_timeout: "5s",
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: endpoints.map(({ ports }) => ({ endpoint: { address: at(ports[port]) } })) }],
  },
  ...more,
});
