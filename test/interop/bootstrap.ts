/** A bootstrap with one port of plain HTTP and one of TLS, and a path for each server behind it; JSON is YAML. */

export interface Server {
  readonly name: string;
  readonly port: number;
  readonly http2: boolean;
}

export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const extension = "type.googleapis.com/envoy.extensions";
const at = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });

export function interopBootstrap(servers: readonly Server[], { certificate, key }: Identity): string {
  const tls = {
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: {
        "@type": `${extension}.transport_sockets.tls.v3.DownstreamTlsContext`,
        common_tls_context: {
          alpn_protocols: ["h2", "http/1.1"],
          tls_certificates: [
            { certificate_chain: { inline_string: certificate }, private_key: { inline_string: key } },
          ],
        },
      },
    },
  };
  const filters = [connectionManager(servers)];
  const listeners = [
    { name: "plain", address: at(0), filter_chains: [{ filters }] },
    { name: "secure", address: at(0), filter_chains: [{ filters, ...tls }] },
  ];
  const clusters = servers.map(cluster);
  return JSON.stringify({ admin: { address: at(0) }, static_resources: { listeners, clusters } }, null, 1);
}

/** For an Envoy that leads everything to one place. */
export function frontBootstrap(port: number, http2: boolean): string {
  const next = { name: "", port, http2 };
  const listener = { name: "front", address: at(0), filter_chains: [{ filters: [connectionManager([next])] }] };
  const static_resources = { listeners: [listener], clusters: [cluster(next)] };
  return JSON.stringify({ admin: { address: at(0) }, static_resources }, null, 1);
}

const clusterName = (name: string) => `to-${name}`;

function connectionManager(servers: readonly Server[]) {
  const routes = servers.map(({ name }) => ({
    match: { prefix: name === "" ? "/" : `/${name}/` },
    route: { cluster: clusterName(name), timeout: "30s", ...(name === "" ? {} : { prefix_rewrite: "/" }) },
  }));
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      "@type": `${extension}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: "all",
      codec_type: "AUTO",
      route_config: { name: "all", virtual_hosts: [{ name: "all", domains: ["*"], routes }] },
      http_filters: [
        {
          name: "envoy.filters.http.router",
          typed_config: { "@type": `${extension}.filters.http.router.v3.Router` },
        },
      ],
    },
  };
}

const cluster = ({ name, port, http2 }: Server) => ({
  name: clusterName(name),
  type: "STATIC",
  connect_timeout: "5s",
  load_assignment: {
    cluster_name: clusterName(name),
    endpoints: [{ lb_endpoints: [{ endpoint: { address: at(port) } }] }],
  },
  ...(http2
    ? {
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": `${extension}.upstreams.http.v3.HttpProtocolOptions`,
            explicit_http_config: { http2_protocol_options: {} },
          },
        },
      }
    : {}),
});
