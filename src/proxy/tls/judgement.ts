import type { HandleTlsSocket } from "../net/tls-socket.ts";
import { certificateFacts } from "./certificate.ts";
import type { PeerCertificate, TlsFacts } from "./facts.ts";
import { missingCertificate, type Distrust, type PeerRules } from "./peer-rules.ts";

/**
 * Holds the certificate of a peer against the rules, once a handshake is over: of new sessions and of those taken up again
 * alike. `needed`: a peer without one is not let in. `before`: the certificate of the session that is taken up again, which
 * the authority was asked for when it began.
 */
export function judge(
  socket: HandleTlsSocket,
  rules: PeerRules | undefined,
  needed: boolean,
  before?: PeerCertificate,
): TlsFacts | { readonly distrust: Distrust } {
  const shown = socket.getPeerX509Certificate();
  let peer: PeerCertificate | undefined;
  if (shown) {
    const facts = certificateFacts(shown);
    const distrust = rules?.check(facts, socket.distrust, Date.now());
    if (distrust) return { distrust };
    peer = { ...facts, verified: rules?.trustedCa !== undefined };
  } else if (before && socket.isSessionReused()) {
    const distrust = rules?.check(before, undefined, Date.now());
    if (distrust) return { distrust };
    peer = before;
  } else if (needed) return { distrust: missingCertificate };
  const own = socket.getX509Certificate();
  return {
    peer,
    shown: () => socket.getPeerX509Certificate(),
    localUris: own ? certificateFacts(own).uris : [],
    alpn: socket.alpnProtocol || undefined,
    // Node says false for none.
    serverName: typeof socket.servername === "string" ? socket.servername : undefined,
  };
}
