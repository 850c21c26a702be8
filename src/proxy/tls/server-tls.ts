import { constants, createHash } from "node:crypto";
import type { SecureContext, SecureContextOptions } from "node:tls";
import type { DownstreamTlsContext } from "../../xds/index.ts";
import { milliseconds } from "../config/duration.ts";
import type { TlsOptions } from "../net/tls-socket.ts";
import { Renewed, type Material } from "./material.ts";
import { ownCertificates, type OwnCertificate } from "./own-certificate.ts";
import { certificateOptions, parameterOptions, safeOptions, secureContext, trustOptions } from "./parameters.ts";
import { peerRules, type PeerRules } from "./peer-rules.ts";
import { dnsNameFits } from "./server-names.ts";

/** What a client asks for in its first message. */
export interface Asked {
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
}

/** How a handshake begins, and the rules that belong to it: they may be others before it is over. */
export interface Beginning {
  readonly options: TlsOptions;
  readonly rules: PeerRules | undefined;
}

interface Compiled {
  readonly certificates: readonly OwnCertificate[];
  readonly rules: PeerRules | undefined;
  readonly options: SecureContextOptions;
  /** By the certificates that serve, as their places in the list. */
  readonly contexts: Map<string, SecureContext>;
}

/** How a filter chain's connections become secure: a `DownstreamTlsContext`, ready to use. */
export class ServerTls {
  /** A client must show a certificate. */
  readonly needsCertificate: boolean;
  readonly #message: DownstreamTlsContext;
  readonly #path: string;
  readonly #compiled: Renewed<Compiled>;

  /** Throws, with the field's path, on what cannot be honoured. */
  constructor(message: DownstreamTlsContext, path: string, material: Material) {
    this.#message = message;
    this.#path = `${path}.common_tls_context`;
    this.needsCertificate = message.require_client_certificate ?? false;
    this.#compiled = new Renewed(material, () => this.#compile(material));
  }

  /** Undefined: a client that asks for no name is not served. */
  begin({ serverName, alpn }: Asked): Beginning | undefined {
    if (serverName === undefined && this.#message.require_sni) return undefined;
    const offered = this.#message.common_tls_context?.alpn_protocols ?? [];
    const compiled = this.#compiled.now;
    const options: TlsOptions = {
      isServer: true,
      secureContext: this.#context(compiled, serverName),
      requestCert: this.needsCertificate || compiled.rules?.trustedCa !== undefined,
      needCert: this.needsCertificate,
      // Where nothing is in common the connection goes on without, as Envoy's does; OpenSSL would end it.
      alpn: offered.some((protocol) => alpn.includes(protocol)) ? offered : [],
    };
    return { options, rules: compiled.rules };
  }

  #compile(material: Material): Compiled {
    const common = this.#message.common_tls_context ?? {};
    const certificates = ownCertificates(common, this.#path, material);
    if (certificates.length === 0) throw new RangeError(`${this.#path}.tls_certificates: a server needs a certificate`);
    const rules = peerRules(common, this.#path, material);
    const options = { ...parameterOptions(common, this.#path), ...trustOptions(rules), ...this.#sessionOptions() };
    const compiled = { certificates, rules, options, contexts: new Map<string, SecureContext>() };
    // What OpenSSL refuses is told now, not to the first client.
    this.#context(compiled, undefined);
    return compiled;
  }

  #sessionOptions(): SecureContextOptions {
    const { session_timeout, disable_stateless_session_resumption: noTickets = false } = this.#message;
    return {
      // Sessions of one configuration are worth nothing under another one.
      sessionIdContext: createHash("sha256").update(JSON.stringify(this.#message)).digest("hex").slice(0, 32),
      honorCipherOrder: !(this.#message.prefer_client_ciphers ?? false),
      ...(session_timeout === undefined ? {} : { sessionTimeout: Math.ceil(milliseconds(session_timeout, 0) / 1000) }),
      secureOptions: safeOptions | (noTickets ? constants.SSL_OP_NO_TICKET : 0),
    };
  }

  #context({ certificates, options, contexts }: Compiled, serverName: string | undefined): SecureContext {
    const chosen = chooseCertificates(certificates, serverName, this.#message.full_scan_certs_on_sni_mismatch ?? false);
    const key = chosen.map((certificate) => certificates.indexOf(certificate)).join();
    let context = contexts.get(key);
    if (!context) {
      context = secureContext({ ...options, ...certificateOptions(chosen) }, this.#path);
      contexts.set(key, context);
    }
    return context;
  }
}

/** The certificates for a name, one of each kind of key: a full name before a wildcard, and the first where none fits. */
function chooseCertificates(
  certificates: readonly OwnCertificate[],
  serverName: string | undefined,
  scanAll: boolean,
): readonly OwnCertificate[] {
  if (serverName === undefined) return firstOfEachKind(certificates);
  const exact = certificates.filter(({ names }) => names.includes(serverName));
  if (exact.length > 0) return firstOfEachKind(exact);
  const wild = certificates.filter(({ names }) => names.some((name) => dnsNameFits(name, serverName)));
  if (wild.length > 0) return firstOfEachKind(wild);
  return scanAll ? firstOfEachKind(certificates) : certificates.slice(0, 1);
}

function firstOfEachKind(certificates: readonly OwnCertificate[]): readonly OwnCertificate[] {
  return certificates.filter(({ kind }, index) => certificates.findIndex((other) => other.kind === kind) === index);
}
