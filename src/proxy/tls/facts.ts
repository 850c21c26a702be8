import type { X509Certificate } from "node:crypto";
import type { CertificateFacts } from "./certificate.ts";

/** A certificate the other end showed. */
export interface PeerCertificate extends CertificateFacts {
  /** Its issuer was checked; else whoever shows it may have made it. */
  readonly verified: boolean;
}

/** What a handshake showed. */
export interface TlsFacts {
  readonly peer: PeerCertificate | undefined;
  /** What the other end showed, as OpenSSL keeps it for as long as the connection lasts: few ask for it, and it is large. */
  readonly shown: () => X509Certificate | undefined;
  /** This end's own names of the form of a URI. */
  readonly localUris: readonly string[];
  /** Undefined: none was agreed on. */
  readonly alpn: string | undefined;
  readonly serverName: string | undefined;
}
