/** One Envoy bootstrap for each work: Weft and Envoy run the same file. */

export interface Hop {
  readonly port: number;
  readonly originPort: number;
  /** Bytes as they are, instead of requests. */
  readonly tcp?: boolean;
  /** HTTP/2 with prior knowledge on both sides; HTTP/1.1 otherwise. */
  readonly http2?: boolean;
  /** Which side of the hop is mutual TLS. */
  readonly tls?: "clients" | "origin";
}

/** PEM files of one certificate authority and one certificate that both ends of a pair show. */
export interface CertificateFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const filter = (name: string, type: string, more: object = {}) => ({
  name,
  typed_config: { "@type": `type.googleapis.com/envoy.extensions.${type}`, ...more },
});

/** A listener on 127.0.0.1, one route to one cluster of one endpoint, nothing logged; `adminPort` is where statistics are. */
export function bootstrap(hop: Hop, adminPort: number, certificates?: CertificateFiles): object {
  return {
    node: { id: "bench", cluster: "bench" },
    admin: { address: address(adminPort) },
    static_resources: { listeners: [listener(hop, certificates)], clusters: [cluster(hop, certificates)] },
  };
}

function listener(hop: Hop, certificates: CertificateFiles | undefined): object {
  return {
    name: "edge",
    address: address(hop.port),
    filter_chains: [
      {
        filters: [hop.tcp ? tcpProxy : connectionManager],
        ...(hop.tls === "clients" && certificates
          ? {
              transport_socket: filter("envoy.transport_sockets.tls", "transport_sockets.tls.v3.DownstreamTlsContext", {
                common_tls_context: tlsContext(certificates),
                require_client_certificate: true,
              }),
            }
          : {}),
      },
    ],
  };
}

const tcpProxy = filter("envoy.filters.network.tcp_proxy", "filters.network.tcp_proxy.v3.TcpProxy", {
  stat_prefix: "edge",
  cluster: "origin",
});

const connectionManager = filter(
  "envoy.filters.network.http_connection_manager",
  "filters.network.http_connection_manager.v3.HttpConnectionManager",
  {
    stat_prefix: "edge",
    codec_type: "AUTO",
    use_remote_address: true,
    normalize_path: true,
    route_config: {
      name: "edge",
      virtual_hosts: [
        {
          name: "shop",
          domains: ["*"],
          routes: [{ name: "default", match: { prefix: "/" }, route: { cluster: "origin", timeout: "0s" } }],
        },
      ],
    },
    http_filters: [filter("envoy.filters.http.router", "filters.http.router.v3.Router")],
  },
);

function cluster(hop: Hop, certificates: CertificateFiles | undefined): object {
  const http2 = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
      explicit_http_config: { http2_protocol_options: {} },
    },
  };
  return {
    name: "origin",
    type: "STATIC",
    connect_timeout: "5s",
    load_assignment: {
      cluster_name: "origin",
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(hop.originPort) } }] }],
    },
    ...(hop.http2 ? { typed_extension_protocol_options: http2 } : {}),
    ...(hop.tls === "origin" && certificates
      ? {
          transport_socket: filter("envoy.transport_sockets.tls", "transport_sockets.tls.v3.UpstreamTlsContext", {
            common_tls_context: tlsContext(certificates),
            sni: "shop.example",
          }),
        }
      : {}),
  };
}

/** TLS 1.3 on every side: Envoy's clients would speak 1.2 otherwise. */
function tlsContext({ ca, certificate, key }: CertificateFiles): object {
  return {
    tls_params: { tls_minimum_protocol_version: "TLSv1_3", tls_maximum_protocol_version: "TLSv1_3" },
    tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
    validation_context: { trusted_ca: { filename: ca } },
  };
}

const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
