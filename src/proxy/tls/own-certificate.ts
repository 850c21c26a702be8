import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import type { CommonTlsContext, TlsCertificate } from "../../xds/index.ts";
import { certificateFacts } from "./certificate.ts";
import type { Material } from "./material.ts";

/** A certificate of this end, with its key. */
export interface OwnCertificate {
  /** PEM, the leaf first. */
  readonly chain: Buffer;
  readonly key: Buffer;
  readonly password: string | undefined;
  /** Names it is chosen by, in lower case; `*.` in front stands for one label. */
  readonly names: readonly string[];
  /** One certificate of each kind may serve the same names: the client's abilities choose. */
  readonly kind: "rsa" | "ec" | "other";
}

/** Every certificate a context names. Throws with the field's path. */
export function ownCertificates(context: CommonTlsContext, path: string, material: Material): OwnCertificate[] {
  const { tls_certificates = [], tls_certificate_sds_secret_configs: named = [] } = context;
  return [
    ...tls_certificates.map((message, index) =>
      ownCertificate(message, `${path}.tls_certificates[${index}]`, material),
    ),
    ...named.map(({ name }, index) => {
      const at = `${path}.tls_certificate_sds_secret_configs[${index}].name`;
      const { tls_certificate } = material.secret(name, at);
      if (!tls_certificate) throw new RangeError(`${at}: ${JSON.stringify(name)} is no certificate`);
      return ownCertificate(tls_certificate, `secret ${JSON.stringify(name)}: tls_certificate`, material);
    }),
  ];
}

function ownCertificate(message: TlsCertificate, path: string, material: Material): OwnCertificate {
  const chain = material.read(message.certificate_chain, `${path}.certificate_chain`);
  const key = material.read(message.private_key, `${path}.private_key`);
  if (!chain) throw new RangeError(`${path}.certificate_chain: is needed`);
  if (!key) throw new RangeError(`${path}.private_key: is needed`);
  const password = material.read(message.password, `${path}.password`)?.toString();
  const leaf = parsed(() => new X509Certificate(chain), `${path}.certificate_chain: no certificate in PEM can be read`);
  const privateKey = parsed(
    () => createPrivateKey(password === undefined ? { key } : { key, passphrase: password }),
    `${path}.private_key: no key in PEM can be read${password === undefined ? "" : " with this password"}`,
  );
  if (!leaf.checkPrivateKey(privateKey)) throw new RangeError(`${path}: the private key is not the certificate's`);
  return { chain, key, password, names: namesOf(leaf), kind: kindOf(privateKey) };
}

/** The message of the library says nothing to whoever wrote the configuration, and may quote what it could not read. */
function parsed<T>(parse: () => T, otherwise: string): T {
  try {
    return parse();
  } catch {
    throw new RangeError(otherwise);
  }
}

/** The common name counts only where there are no alternative names. */
function namesOf(leaf: X509Certificate): readonly string[] {
  const { dnsNames, subject } = certificateFacts(leaf);
  const commonName = /(?:^|,)CN=([^,+]+)/.exec(subject)?.[1];
  const names = dnsNames.length > 0 || commonName === undefined ? dnsNames : [commonName];
  return names.map((name) => name.toLowerCase());
}

function kindOf(key: KeyObject): OwnCertificate["kind"] {
  if (key.asymmetricKeyType === "rsa") return "rsa";
  return key.asymmetricKeyType === "ec" ? "ec" : "other";
}
