import { X509Certificate } from "node:crypto";
import type { CertificateValidationContext, CommonTlsContext, SubjectAltNameMatcher } from "../../xds/index.ts";
import { stringTest } from "../config/pattern.ts";
import type { CertificateFacts } from "./certificate.ts";
import type { Material } from "./material.ts";
import { dnsNameFits } from "./server-names.ts";

/** Which rule a peer's certificate broke; also the name of the counter. */
type Broken = "fail_verify_no_cert" | "fail_verify_error" | "fail_verify_san" | "fail_verify_cert_hash";

/** Why a peer is not let in, in Envoy's words. */
export interface Distrust {
  readonly counter: Broken;
  readonly reason: string;
}

/** What a peer's certificate must be like. */
export interface PeerRules {
  /** PEM; undefined: whoever issued it is trusted. */
  readonly trustedCa: Buffer | undefined;
  readonly revoked: Buffer | undefined;
  /** `untrusted`: what OpenSSL has against the chain. Undefined: the peer is let in. */
  check(facts: CertificateFacts, untrusted: string | undefined, now: number): Distrust | undefined;
}

/** The rules of a context; undefined: the peer's certificate does not matter. Throws with the field's path. */
export function peerRules(context: CommonTlsContext, path: string, material: Material): PeerRules | undefined {
  const { validation_context, validation_context_sds_secret_config: named, combined_validation_context } = context;
  const given = [validation_context, named, combined_validation_context].filter((each) => each !== undefined);
  if (given.length > 1) throw new RangeError(`${path}: only one validation context can be given`);
  if (combined_validation_context) {
    const { default_validation_context, validation_context_sds_secret_config } = combined_validation_context;
    const at = `${path}.combined_validation_context.validation_context_sds_secret_config.name`;
    const secret = secretRules(validation_context_sds_secret_config.name, at, material);
    return compile(merged(default_validation_context, secret), `${path}.combined_validation_context`, material);
  }
  const message =
    validation_context ??
    (named && secretRules(named.name, `${path}.validation_context_sds_secret_config.name`, material));
  return message && compile(message, `${path}.validation_context`, material);
}

function secretRules(name: string, path: string, material: Material): CertificateValidationContext {
  const { validation_context } = material.secret(name, path);
  if (!validation_context) throw new RangeError(`${path}: ${JSON.stringify(name)} is no validation context`);
  return validation_context;
}

/** As protobuf merges: lists are joined, of single values the second one counts. */
function merged(one: CertificateValidationContext, other: CertificateValidationContext): CertificateValidationContext {
  const joined = <T>(first: readonly T[] | undefined, second: readonly T[] | undefined) => [
    ...(first ?? []),
    ...(second ?? []),
  ];
  return {
    ...one,
    ...other,
    match_typed_subject_alt_names: joined(one.match_typed_subject_alt_names, other.match_typed_subject_alt_names),
    verify_certificate_spki: joined(one.verify_certificate_spki, other.verify_certificate_spki),
    verify_certificate_hash: joined(one.verify_certificate_hash, other.verify_certificate_hash),
  };
}

function compile(message: CertificateValidationContext, path: string, material: Material): PeerRules {
  const trustedCa = material.read(message.trusted_ca, `${path}.trusted_ca`);
  const revoked = material.read(message.crl, `${path}.crl`);
  if (trustedCa) checkPem(trustedCa, `${path}.trusted_ca`);
  const names = (message.match_typed_subject_alt_names ?? []).map(nameTest);
  if (names.length > 0 && !trustedCa) {
    throw new RangeError(`${path}.match_typed_subject_alt_names: names mean nothing without trusted_ca`);
  }
  if (revoked && !trustedCa) throw new RangeError(`${path}.crl: it means nothing without trusted_ca`);
  const hashes = new Set(
    (message.verify_certificate_hash ?? []).map((hash, at) => hex(hash, `${path}.verify_certificate_hash[${at}]`)),
  );
  const keys = new Set(message.verify_certificate_spki);
  return {
    trustedCa,
    revoked,
    check(facts, untrusted, now) {
      if (trustedCa) {
        if (untrusted !== undefined) return chainDistrust(untrusted);
        // A session that is taken up again brings the result of its first handshake.
        if (!(now >= facts.notBefore)) return chainDistrust("certificate is not yet valid");
        if (!(now <= facts.notAfter)) return chainDistrust("certificate has expired");
      }
      if (names.length > 0 && !names.some((test) => test(facts))) return distrustedName;
      if (hashes.size + keys.size === 0 || hashes.has(facts.hash) || keys.has(facts.publicKeyHash)) return undefined;
      return distrustedHash;
    },
  };
}

const failed = "CERTIFICATE_VERIFY_FAILED:verify cert failed";
export const missingCertificate: Distrust = {
  counter: "fail_verify_no_cert",
  reason: "PEER_DID_NOT_RETURN_A_CERTIFICATE",
};
export const distrustedName: Distrust = { counter: "fail_verify_san", reason: `${failed}: verify SAN list` };
const distrustedHash: Distrust = { counter: "fail_verify_cert_hash", reason: `${failed}: cert hash and spki` };
const chainDistrust = (why: string): Distrust => ({
  counter: "fail_verify_error",
  reason: `${failed}: X509_verify_cert: certificate verification error: ${why}`,
});

type NameTest = (facts: CertificateFacts) => boolean;

function nameTest({ san_type, matcher }: SubjectAltNameMatcher): NameTest {
  const test = stringTest(matcher);
  switch (san_type) {
    case "URI":
      return ({ uris }) => uris.some(test);
    case "EMAIL":
      return ({ emails }) => emails.some(test);
    case "IP_ADDRESS":
      return ({ addresses }) => addresses.some(test);
    case "DNS": {
      const { exact } = matcher;
      if (exact === undefined) return ({ dnsNames }) => dnsNames.some(test);
      // A certificate's own wildcard covers the name that is wanted.
      const wanted = exact.toLowerCase();
      return ({ dnsNames }) => dnsNames.some((name) => dnsNameFits(name.toLowerCase(), wanted));
    }
  }
}

function checkPem(pem: Buffer, path: string): void {
  try {
    // oxlint-disable-next-line no-new -- whether it can be read is the question
    new X509Certificate(pem);
  } catch {
    throw new RangeError(`${path}: no certificate in PEM can be read`);
  }
}

function hex(hash: string, path: string): string {
  const digits = hash.replaceAll(":", "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits)) throw new RangeError(`${path}: 64 hexadecimal digits are needed`);
  return digits;
}
