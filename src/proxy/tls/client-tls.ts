import { isIP } from "node:net";
import type { SecureContext } from "node:tls";
import type { UpstreamTlsContext } from "../../xds/index.ts";
import type { TlsOptions } from "../net/tls-socket.ts";
import type { CertificateFacts } from "./certificate.ts";
import type { PeerCertificate } from "./facts.ts";
import { Renewed, type Material } from "./material.ts";
import { ownCertificates } from "./own-certificate.ts";
import { certificateOptions, parameterOptions, secureContext, trustOptions } from "./parameters.ts";
import { distrustedName, peerRules, type Distrust, type PeerRules } from "./peer-rules.ts";
import type { Beginning } from "./server-tls.ts";
import { dnsNameFits } from "./server-names.ts";

/** Whom a connection is made to, beyond its address. */
export interface Towards {
  /** `address:port`. */
  readonly key: string;
  /** The endpoint's own name. */
  readonly hostname?: string | undefined;
  /** The name the cluster's HTTP options take from a request; it goes before the configured one. */
  readonly serverName?: string | undefined;
  /** The server's certificate must be of the name asked for. */
  readonly nameMustFit?: boolean;
  /** What is spoken where the configuration names no protocols. */
  readonly alpn?: readonly string[];
}

interface Compiled {
  readonly rules: PeerRules | undefined;
  readonly context: SecureContext;
  /** The last session of each endpoint and name asked for. */
  readonly sessions: Map<string, Session>;
}

/** A session to go on with, and whose it is: Node shows a client no certificate when a session is taken up again. */
export interface Session {
  readonly bytes: Buffer;
  readonly peer: PeerCertificate | undefined;
}

/** Sessions kept of one configuration. */
const keptSessions = 1024;

/** How a cluster's connections become secure: an `UpstreamTlsContext`, ready to use. */
export class ClientTls {
  readonly #message: UpstreamTlsContext;
  readonly #path: string;
  readonly #compiled: Renewed<Compiled>;

  /** Throws, with the field's path, on what cannot be honoured. */
  constructor(message: UpstreamTlsContext, path: string, material: Material) {
    this.#message = message;
    this.#path = `${path}.common_tls_context`;
    this.#compiled = new Renewed(material, () => this.#compile(material));
  }

  begin(towards: Towards): Beginning & { readonly session: Session | undefined } {
    const { context, rules, sessions } = this.#compiled.now;
    const serverName = this.#serverName(towards);
    const session = sessions.get(sessionKey(towards, serverName));
    const configured = this.#message.common_tls_context?.alpn_protocols ?? [];
    const options: TlsOptions = {
      isServer: false,
      secureContext: context,
      requestCert: true,
      needCert: false,
      alpn: configured.length > 0 ? configured : (towards.alpn ?? []),
      // RFC 6066 §3: an address is no name.
      serverName: serverName === undefined || isIP(serverName) !== 0 ? undefined : serverName,
      session: session?.bytes,
    };
    return { options, rules, session };
  }

  /** What else a server's certificate must be, beside the rules. */
  checkName(facts: CertificateFacts, towards: Towards): Distrust | undefined {
    if (!towards.nameMustFit && !this.#message.auto_sni_san_validation) return undefined;
    const name = this.#serverName(towards)?.toLowerCase();
    if (name === undefined) return distrustedName;
    if (isIP(name) !== 0) return facts.addresses.includes(name) ? undefined : distrustedName;
    return facts.dnsNames.some((pattern) => dnsNameFits(pattern.toLowerCase(), name)) ? undefined : distrustedName;
  }

  /** Keeps a session of a server that was found right. */
  remember(session: Session, towards: Towards): void {
    if (this.#message.max_session_keys === 0) return;
    const { sessions } = this.#compiled.now;
    const key = sessionKey(towards, this.#serverName(towards));
    sessions.delete(key);
    sessions.set(key, session);
    const [oldest] = sessions.keys();
    if (sessions.size > keptSessions && oldest !== undefined) sessions.delete(oldest);
  }

  #serverName({ serverName, hostname }: Towards): string | undefined {
    const { auto_host_sni: auto = false, sni } = this.#message;
    return serverName ?? ((auto ? hostname : undefined) || sni || undefined);
  }

  #compile(material: Material): Compiled {
    const common = this.#message.common_tls_context ?? {};
    const certificates = ownCertificates(common, this.#path, material);
    if (certificates.length > 1) {
      throw new RangeError(`${this.#path}.tls_certificates: a client shows one certificate only`);
    }
    const rules = peerRules(common, this.#path, material);
    const options = { ...parameterOptions(common, this.#path), ...trustOptions(rules) };
    const context = secureContext({ ...options, ...certificateOptions(certificates) }, this.#path);
    return { rules, context, sessions: new Map() };
  }
}

const sessionKey = ({ key }: Towards, serverName: string | undefined) => `${key} ${serverName ?? ""}`;
