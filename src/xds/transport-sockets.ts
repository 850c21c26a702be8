import type { Duration, StringMatcher, TypedFilter } from "./envoy.ts";

/** Envoy's TLS messages, in the form of `envoy.ts`. */
export const transportSocketTypes = {
  downstreamTls: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
  upstreamTls: "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
  proxyProtocol:
    "type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
  rawBuffer: "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
} as const;

/** Begins each connection with a header that names its client; then the socket inside of it counts. */
export interface ProxyProtocolUpstreamTransport {
  readonly "@type": typeof transportSocketTypes.proxyProtocol;
  readonly config?: { readonly version?: "V1" | "V2" };
  readonly transport_socket: TypedFilter;
}

/** Exactly one of its fields. */
export interface DataSource {
  readonly filename?: string;
  readonly inline_string?: string;
  /** Base64. */
  readonly inline_bytes?: string;
  readonly environment_variable?: string;
}

export interface DownstreamTlsContext {
  readonly "@type": typeof transportSocketTypes.downstreamTls;
  readonly common_tls_context?: CommonTlsContext;
  readonly require_client_certificate?: boolean;
  readonly require_sni?: boolean;
  readonly session_timeout?: Duration;
  readonly disable_stateless_session_resumption?: boolean;
  readonly disable_stateful_session_resumption?: boolean;
  readonly full_scan_certs_on_sni_mismatch?: boolean;
  readonly prefer_client_ciphers?: boolean;
}

export interface UpstreamTlsContext {
  readonly "@type": typeof transportSocketTypes.upstreamTls;
  readonly common_tls_context?: CommonTlsContext;
  readonly sni?: string;
  readonly auto_host_sni?: boolean;
  readonly auto_sni_san_validation?: boolean;
  readonly max_session_keys?: number;
}

export interface CommonTlsContext {
  readonly tls_params?: TlsParameters;
  readonly tls_certificates?: readonly TlsCertificate[];
  readonly tls_certificate_sds_secret_configs?: readonly SdsSecretConfig[];
  readonly validation_context?: CertificateValidationContext;
  readonly validation_context_sds_secret_config?: SdsSecretConfig;
  readonly combined_validation_context?: {
    readonly default_validation_context: CertificateValidationContext;
    readonly validation_context_sds_secret_config: SdsSecretConfig;
  };
  readonly alpn_protocols?: readonly string[];
}

export interface TlsParameters {
  readonly tls_minimum_protocol_version?: "TLS_AUTO" | "TLSv1_2" | "TLSv1_3";
  readonly tls_maximum_protocol_version?: "TLS_AUTO" | "TLSv1_2" | "TLSv1_3";
  readonly cipher_suites?: readonly string[];
  readonly ecdh_curves?: readonly string[];
  readonly signature_algorithms?: readonly string[];
}

export interface TlsCertificate {
  readonly certificate_chain?: DataSource;
  readonly private_key?: DataSource;
  readonly password?: DataSource;
}

export interface CertificateValidationContext {
  readonly trusted_ca?: DataSource;
  readonly crl?: DataSource;
  readonly match_typed_subject_alt_names?: readonly SubjectAltNameMatcher[];
  /** Base64 of SHA-256 of the public key's DER. */
  readonly verify_certificate_spki?: readonly string[];
  /** Hexadecimal SHA-256 of the certificate's DER, with or without colons. */
  readonly verify_certificate_hash?: readonly string[];
}

export interface SubjectAltNameMatcher {
  readonly san_type: "EMAIL" | "DNS" | "URI" | "IP_ADDRESS";
  readonly matcher: StringMatcher;
}

interface SdsSecretConfig {
  readonly name: string;
  readonly sds_config?: unknown;
}

/** A secret of the bootstrap, or one that a discovery service gave. Exactly one of its kinds. */
export interface Secret {
  readonly name: string;
  readonly tls_certificate?: TlsCertificate;
  readonly validation_context?: CertificateValidationContext;
}
