// On the path of every request of connections whose client showed a certificate.
import type { X509Certificate } from "node:crypto";
import type { HttpConnectionManager } from "../../xds/index.ts";
import type { PeerCertificate, TlsFacts } from "../tls/facts.ts";

/** What requests say upstream about their client's certificate, in `x-forwarded-client-cert`. */
export interface ForwardedCertificate {
  /** Whether what the client says itself stands. */
  keeps(tls: TlsFacts | undefined): boolean;
  /** What is added, after what stands; undefined: nothing. The same text for every request of a connection. */
  adds(tls: TlsFacts | undefined): string | undefined;
}

type Details = NonNullable<HttpConnectionManager["set_current_client_cert_details"]>;

export function forwardedCertificate({
  forward_client_cert_details: mode = "SANITIZE",
  set_current_client_cert_details: details = {},
}: HttpConnectionManager): ForwardedCertificate {
  const always = mode === "ALWAYS_FORWARD_ONLY";
  const keeps = always || mode === "FORWARD_ONLY" || mode === "APPEND_FORWARD";
  const adds = mode === "APPEND_FORWARD" || mode === "SANITIZE_SET";
  const known = new WeakMap<TlsFacts, string>();
  return {
    // Only who proved who it is may speak for others.
    keeps: (tls) => always || (keeps && tls?.peer !== undefined),
    adds(tls) {
      if (!adds || !tls?.peer) return undefined;
      let text = known.get(tls);
      if (text === undefined) {
        text = entryOf(tls.peer, tls, details);
        known.set(tls, text);
      }
      return text;
    },
  };
}

/** One element, its parts in Envoy's order. A subject's own quotes are escaped already. */
function entryOf(peer: PeerCertificate, { localUris, shown }: TlsFacts, details: Details): string {
  const uris = peer.uris.length === 0 ? [""] : peer.uris;
  return [
    ...localUris.map((uri) => `By=${safe(uri)}`),
    `Hash=${peer.hash}`,
    ...(details.cert ? [`Cert="${encodeURIComponent(shown()?.toString() ?? "")}"`] : []),
    ...(details.chain ? [`Chain="${encodeURIComponent(chainOf(shown()))}"`] : []),
    ...(details.subject ? [`Subject="${peer.subject}"`] : []),
    ...(details.uri ? uris.map((uri) => `URI=${safe(uri)}`) : []),
    ...(details.dns ? peer.dnsNames.map((name) => `DNS=${safe(name)}`) : []),
  ].join(";");
}

/** A name that could be taken for the end of its part is put in quotes: who made the certificate chose it. */
function safe(name: string): string {
  return /[,;="\\]/.test(name) ? `"${name.replace(/["\\]/g, "\\$&")}"` : name;
}

/** Every certificate the peer showed, the leaf first; an authority's own is not among them as a rule. */
function chainOf(leaf: X509Certificate | undefined): string {
  let text = "";
  const seen = new Set<string>();
  for (let next = leaf; next && !seen.has(next.fingerprint256); next = next.issuerCertificate) {
    seen.add(next.fingerprint256);
    text += next.toString();
  }
  return text;
}
