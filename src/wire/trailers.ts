// On the path of trailers.

/**
 * Fields that mean something only before the body (RFC 9110 §6.5.1): who came to read them there would frame, route or
 * judge a message by what stands behind it.
 */
const headOnly = new Set([
  // Framing and the connection.
  "connection",
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  // Routing.
  "forwarded",
  "host",
  "max-forwards",
  "via",
  "x-real-ip",
  "x-request-id",
  // Who asks, and who may.
  "authorization",
  "cookie",
  "end-user",
  "proxy-authenticate",
  "proxy-authorization",
  "set-cookie",
  "www-authenticate",
  // How the body is to be read, kept and asked for.
  "accept-ranges",
  "age",
  "cache-control",
  "content-encoding",
  "content-location",
  "content-range",
  "content-type",
  "date",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "location",
  "pragma",
  "range",
  "retry-after",
  "vary",
  "warning",
]);

/** Whether a field must not come behind a body; such a trailer is dropped. `name` in any case. */
export function forbiddenInTrailers(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    headOnly.has(lower) || lower.startsWith(":") || lower.startsWith("x-forwarded-") || lower.startsWith("x-envoy-")
  );
}
