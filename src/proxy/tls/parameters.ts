import { constants } from "node:crypto";
import { createSecureContext, getCiphers, type SecureContext, type SecureContextOptions } from "node:tls";
import type { CommonTlsContext, TlsParameters } from "../../xds/index.ts";
import type { OwnCertificate } from "./own-certificate.ts";
import type { PeerRules } from "./peer-rules.ts";

const versions = { TLS_AUTO: undefined, TLSv1_2: "TLSv1.2", TLSv1_3: "TLSv1.3" } as const;
/** Those of TLS 1.3 cannot be chosen, as in Envoy. */
const suites13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
/** Envoy's: forward secrecy and authenticated encryption only. */
const suites12 = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
];
const curves = ["X25519", "P-256"];

/** What no configuration allows: another handshake on a connection that has one, and compression, which tells secrets by lengths. */
export const safeOptions = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;

/** Options of the protocol. Throws with the field's path. */
export function parameterOptions({ tls_params = {} }: CommonTlsContext, path: string): SecureContextOptions {
  const at = `${path}.tls_params`;
  const lowest = versions[tls_params.tls_minimum_protocol_version ?? "TLS_AUTO"] ?? "TLSv1.2";
  const highest = versions[tls_params.tls_maximum_protocol_version ?? "TLS_AUTO"] ?? "TLSv1.3";
  if (lowest > highest) throw new RangeError(`${at}: the lowest version is above the highest one`);
  const { ecdh_curves, signature_algorithms } = tls_params;
  return {
    minVersion: lowest,
    maxVersion: highest,
    ciphers: [...suites13, ...suitesOf(tls_params, at)].join(":"),
    ecdhCurve: (ecdh_curves?.length ? ecdh_curves : curves).join(":"),
    secureOptions: safeOptions,
    ...(signature_algorithms?.length ? { sigalgs: signature_algorithms.join(":") } : {}),
  };
}

/** Brackets hold suites of equal rank, which here stand in their order. */
function suitesOf({ cipher_suites }: TlsParameters, path: string): readonly string[] {
  if (!cipher_suites || cipher_suites.length === 0) return suites12;
  const known = new Set(getCiphers());
  const names = cipher_suites.flatMap((entry) => entry.replace(/[[\]]/g, "").split(/[|:]/));
  const unknown = names.find((name) => !known.has(name.toLowerCase()) || name.startsWith("TLS_"));
  if (unknown !== undefined) throw new RangeError(`${path}.cipher_suites: ${unknown} is not supported`);
  return names;
}

/** Options of the certificates of this end. */
export function certificateOptions(certificates: readonly OwnCertificate[]): SecureContextOptions {
  return {
    cert: certificates.map(({ chain }) => chain),
    key: certificates.map(({ key, password }) =>
      password === undefined ? { pem: key } : { pem: key, passphrase: password },
    ),
  };
}

/** Options of the judgement on the other end. An empty list of authorities: none of the system's own is trusted. */
export function trustOptions(rules: PeerRules | undefined): SecureContextOptions {
  return {
    ca: rules?.trustedCa ? [rules.trustedCa] : [],
    // An authority that is named is trusted even where its own issuer is not.
    allowPartialTrustChain: true,
    ...(rules?.revoked ? { crl: rules.revoked } : {}),
  };
}

/** Throws with the field's path where OpenSSL takes offence at what the options hold. */
export function secureContext(options: SecureContextOptions, path: string): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${path}: ${why}`, { cause: error });
  }
}
