import { transportSocketTypes } from "../../xds/index.ts";
import { stringMatcher } from "./matcher-shape.ts";
import { anything, duration, flag, list, message, noEffect, number, oneOf, required, text, typed } from "./shape.ts";

/** What of Envoy's TLS messages is honoured. */

export const dataSource = message(
  { filename: text, inline_string: text, inline_bytes: text, environment_variable: text },
  ["filename", "inline_string", "inline_bytes", "environment_variable"],
);

const watched = noEffect("every file is looked at again, every two seconds in which it is used");

const certificate = message({
  certificate_chain: dataSource,
  private_key: dataSource,
  password: dataSource,
  watched_directory: watched,
});

const validation = message({
  trusted_ca: dataSource,
  crl: dataSource,
  match_typed_subject_alt_names: list(
    message({ san_type: oneOf("EMAIL", "DNS", "URI", "IP_ADDRESS"), matcher: stringMatcher }),
  ),
  verify_certificate_spki: list(text),
  verify_certificate_hash: list(text),
  watched_directory: watched,
  trust_chain_verification: oneOf("VERIFY_TRUST_CHAIN"),
});

const version = oneOf("TLS_AUTO", "TLSv1_2", "TLSv1_3");
/** Of a secret only the name counts here: where it comes from is settled for all at once. */
const secretConfig = message({ name: text, sds_config: noEffect("secrets are looked up by their name") });

const common = message({
  tls_params: message({
    tls_minimum_protocol_version: version,
    tls_maximum_protocol_version: version,
    cipher_suites: list(text),
    ecdh_curves: list(text),
    signature_algorithms: list(text),
  }),
  tls_certificates: list(certificate),
  tls_certificate_sds_secret_configs: list(secretConfig),
  validation_context: validation,
  validation_context_sds_secret_config: secretConfig,
  combined_validation_context: message({
    default_validation_context: validation,
    validation_context_sds_secret_config: secretConfig,
  }),
  alpn_protocols: list(text),
});

const rawBuffer = message({});
const name = noEffect("a name for people");

export const downstreamSocket = message({
  name,
  typed_config: typed({
    [transportSocketTypes.rawBuffer]: rawBuffer,
    [transportSocketTypes.downstreamTls]: message({
      common_tls_context: common,
      require_client_certificate: flag,
      require_sni: flag,
      session_timeout: duration,
      disable_stateless_session_resumption: flag,
      disable_stateful_session_resumption: noEffect("sessions are only kept by tickets"),
      full_scan_certs_on_sni_mismatch: flag,
      prefer_client_ciphers: flag,
      ocsp_staple_policy: oneOf("LENIENT_STAPLING"),
    }),
  }),
});

const innerSockets = {
  [transportSocketTypes.rawBuffer]: rawBuffer,
  [transportSocketTypes.upstreamTls]: message({
    common_tls_context: common,
    sni: text,
    auto_host_sni: flag,
    auto_sni_san_validation: flag,
    max_session_keys: number,
  }),
};

export const upstreamSocket = message({
  name,
  typed_config: typed({
    ...innerSockets,
    [transportSocketTypes.proxyProtocol]: message({
      config: message({ version: oneOf("V1", "V2") }),
      transport_socket: required(message({ name, typed_config: typed(innerSockets) })),
    }),
  }),
});

export const upstreamSocketMatches = list(message({ name, match: anything, transport_socket: upstreamSocket }));

/** A secret of the bootstrap. */
export const secretShape = message({ name: text, tls_certificate: certificate, validation_context: validation }, [
  "tls_certificate",
  "validation_context",
]);
