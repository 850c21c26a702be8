/** The static table (RFC 7541 appendix A): name and value of the indices 1 to 61, flat. */
// oxfmt-ignore
const listed = [
  ":authority", "", ":method", "GET", ":method", "POST", ":path", "/", ":path", "/index.html", ":scheme", "http",
  ":scheme", "https", ":status", "200", ":status", "204", ":status", "206", ":status", "304", ":status", "400",
  ":status", "404", ":status", "500", "accept-charset", "", "accept-encoding", "gzip, deflate", "accept-language", "",
  "accept-ranges", "", "accept", "", "access-control-allow-origin", "", "age", "", "allow", "", "authorization", "",
  "cache-control", "", "content-disposition", "", "content-encoding", "", "content-language", "", "content-length", "",
  "content-location", "", "content-range", "", "content-type", "", "cookie", "", "date", "", "etag", "", "expect", "",
  "expires", "", "from", "", "host", "", "if-match", "", "if-modified-since", "", "if-none-match", "", "if-range", "",
  "if-unmodified-since", "", "last-modified", "", "link", "", "location", "", "max-forwards", "",
  "proxy-authenticate", "", "proxy-authorization", "", "range", "", "referer", "", "refresh", "", "retry-after", "",
  "server", "", "set-cookie", "", "strict-transport-security", "", "transfer-encoding", "", "user-agent", "",
  "vary", "", "via", "", "www-authenticate", "",
];

/** By index; 0 is no index. */
export const staticNames: readonly string[] = ["", ...listed.filter((_, at) => at % 2 === 0)];
export const staticValues: readonly string[] = ["", ...listed.filter((_, at) => at % 2 === 1)];

/** The first index of the dynamic table. */
export const firstDynamic = staticNames.length;
