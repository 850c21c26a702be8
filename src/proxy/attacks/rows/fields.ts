import { absent, body, field, malformed, posted, row, asked, smuggled, type Downgrade } from "../downgrade.ts";
import { data, endHeaders, endStream, headers, request, whole } from "../frames.ts";
import { hex } from "../row.ts";

/** Names that are none, or would be another one in HTTP/1.1 (RFC 9113 §8.2.1). */
const names: readonly Downgrade[] = [
  ...(
    [
      ["with a capital", "X-a"],
      ["of Transfer-Encoding with a capital", "Transfer-encoding"],
      ["of Content-Length with a capital", "content-Length"],
      ["with a space", "x a"],
      ["with a space at its end", "content-length "],
      ["with a tab at its end", "transfer-encoding\t"],
      ["with a space before it", " transfer-encoding"],
      ["with a colon at its end", "x:"],
      ["with a colon and a value", "transfer-encoding: chunked\r\nx"],
      ["with a colon within", "x:y"],
      ["with a line end before it", "\r\ntransfer-encoding"],
      ["with a line end behind it", "x\r\n"],
      ["with two line ends and a request", `x\r\n\r\n${smuggled}x`],
      ["with a bare line feed", "x\ntransfer-encoding"],
      ["with a bare carriage return", "x\rtransfer-encoding"],
      ["with NUL", "transfer-encoding\0"],
      ["with vertical tab", "\x0btransfer-encoding"],
      ["with DEL", "x\x7f"],
      ["with a parenthesis", "x("],
      ["with a comma", "x,y"],
      ["with an octet beyond ASCII", "x\xe9"],
      ["with a Kelvin sign's last octet", "transfer-encoding\xaa"],
      ["of nothing", ""],
    ] as const
  ).map(([what, name]) => field(`a name ${what}`, name, "chunked")),
  field("a name with an underline", "transfer-encoding_", "chunked", body),
];

/** Values that would end their line (RFC 9113 §8.2.1). */
const values: readonly Downgrade[] = [
  ...(
    [
      ["CR LF and a field", "b\r\nTransfer-Encoding: chunked"],
      ["CR LF and a length", "b\r\nContent-Length: 0"],
      ["two line ends and a request", `b\r\n\r\n${smuggled}`],
      ["a bare line feed and a field", "b\nTransfer-Encoding: chunked"],
      ["a bare carriage return and a field", "b\rTransfer-Encoding: chunked"],
      ["a fold", "b\r\n Transfer-Encoding: chunked"],
      ["a line end at its end", "b\r\n"],
      ["NUL", "b\0c"],
      ["escape", "b\x1b[0m"],
      ["DEL", "b\x7f"],
      ["a space before it", " b"],
      ["a space behind it", "b "],
      ["a tab before it", "\tb"],
      ["a tab behind it", "b\t"],
    ] as const
  ).map(([what, value]) => field(`a value with ${what}`, "x", value)),
  field("a cookie with CR LF and a field", "cookie", "a=b\r\nTransfer-Encoding: chunked"),
  field("a second cookie with CR LF and a field", "cookie", "a=b\nContent-Length: 0"),
  field("a content type with CR LF and a field", "content-type", "a/b\r\nContent-Length: 0"),
  field("a value beyond ASCII", "x", "\xe2\x80\x8aContent-Length: 0", body, { sends: /\r\nx: \xe2\x80\x8aContent/ }),
  field("a value with octets that end lines in Unicode", "x", "\xc2\x85\xe2\x80\xa8Content-Length: 0", body),
  field("a value of nothing", "x", "", body),
];

/** Fields of one HTTP/1.1 connection, which have no place in HTTP/2 (§8.2.2), and framing. */
const framing: readonly Downgrade[] = [
  field("Connection", "connection", "close"),
  field("Connection that names a length", "connection", "content-length"),
  field("Keep-Alive", "keep-alive", "timeout=5"),
  field("Proxy-Connection", "proxy-connection", "keep-alive"),
  field("Upgrade", "upgrade", "h2c"),
  field("Upgrade to WebSocket", "upgrade", "websocket"),
  field("Transfer-Encoding: chunked", "transfer-encoding", "chunked"),
  field("Transfer-Encoding: identity", "transfer-encoding", "identity"),
  field("Transfer-Encoding of nothing", "transfer-encoding", ""),
  posted("Transfer-Encoding and a body that ends chunks", ["transfer-encoding", "chunked"], `0\r\n\r\n${smuggled}`),
  posted("both framings", ["content-length", "3", "transfer-encoding", "chunked"], "abc"),
  field("TE: gzip", "te", "gzip"),
  field("TE: trailers and more", "te", "trailers, chunked"),
  field("TE of nothing", "te", ""),
  field("TE: trailers", "te", "trailers", body, { sends: /\r\nte: trailers\r\n|\r\nconnection: te/i }),
  field("HTTP2-Settings", "http2-settings", "AAMAAABkAARAAAAAAAIAAAAA", body, { sends: absent("http2-settings") }),
  field("Expect of something else", "expect", "200-ok", "417"),
];

/** Content-Length against DATA (§8.1.1). */
const lengths: readonly Downgrade[] = [
  posted("a length below the body's", ["content-length", "3"], `abc${smuggled}`),
  posted("a length above the body's", ["content-length", "40"], "abc"),
  posted("a length of 0 before a body", ["content-length", "0"], smuggled, malformed, { mayReach: "POST /first" }),
  asked("a length and no body", request("POST", "/first", "content-length", String(smuggled.length))),
  asked("a GET's length and no body", request("GET", "/first", "content-length", String(smuggled.length))),
  posted("two different lengths", ["content-length", "3", "content-length", "0"], "abc"),
  posted("two equal lengths", ["content-length", "3", "content-length", "3"], "abc", body, {
    sends: /^(?!(?:[^]*content-length){2})[^]*\r\ncontent-length: 3\r\n/i,
  }),
  posted("a list of equal lengths", ["content-length", "3, 3"], "abc", body, { sends: /\r\ncontent-length: 3\r\n/i }),
  posted("a list of lengths", ["content-length", "3, 0"], "abc"),
  ...["+3", "-3", "0x3", "3.0", "3e0", "", " 3", "3 ", "3;", "three", "3\0", "1".repeat(20)].map((length) =>
    posted(`a length of ${JSON.stringify(length)}`, ["content-length", length], "abc"),
  ),
  posted("a length with zeros before it", ["content-length", "0003"], "abc", body, { sends: /length: 3\r\n/i }),
  posted(
    "a body without a length that looks like chunks",
    [],
    `0\r\n\r\n${smuggled}`,
    `POST /first 0\r\n\r\n${smuggled.trim()}`,
  ),
  posted(
    "a body that looks like a request",
    ["content-length", String(smuggled.length)],
    smuggled,
    `POST /first ${smuggled.trim()}`,
  ),
  row(
    "a GET with a body that looks like a request",
    [headers(1, request("GET", "/first"), endHeaders), data(1, smuggled, endStream)],
    `GET /first ${smuggled.trim()}`,
  ),
  row(
    "a body in a hundred frames",
    [
      headers(1, request("POST", "/first"), endHeaders),
      ...Array.from({ length: 100 }, () => data(1, "0\r\n")),
      data(1, "x", endStream),
    ],
    `POST /first ${"0\r\n".repeat(100)}x`,
  ),
  row(
    "a length that padding fills",
    [
      headers(1, request("POST", "/first", "content-length", "6"), endHeaders),
      data(1, hex("02 61 62 63 00 00"), endStream | 8),
    ],
    malformed,
  ),
  row(
    "an empty DATA frame before the end",
    [headers(1, request("POST", "/first"), endHeaders), data(1, ""), data(1, "abc", endStream)],
    body,
  ),
];

const trailed = (what: string, fields: readonly string[], fate = malformed, sends?: RegExp) =>
  row(
    `trailers with ${what}`,
    [headers(1, request("POST", "/first"), endHeaders), data(1, "abc"), headers(1, fields, whole)],
    fate,
    sends ? { sends } : {},
  );

/** Trailers may carry nothing that frames, routes or authorises (RFC 9110 §6.5.1). */
const trailers: readonly Downgrade[] = [
  trailed("a length", ["content-length", "0"], body, absent("content-length")),
  trailed("Host", ["host", "b"], body, absent("host: b")),
  trailed("Authorization", ["authorization", "b"], body, absent("authorization")),
  trailed("Transfer-Encoding", ["transfer-encoding", "chunked"]),
  trailed("Connection", ["connection", "close"]),
  trailed("Upgrade", ["upgrade", "h2c"]),
  trailed(":path", [":path", "/smuggled"]),
  trailed("a line end and a request", ["x", `y\r\n\r\n${smuggled}`]),
  trailed("a name with a line end", ["x\r\n\r\nGET /smuggled HTTP/1.1\r\nhost", "a"]),
  trailed("a name with a capital", ["X", "y"]),
  trailed("a name of nothing", ["", "y"]),
  trailed("a field", ["x-a", "b"], body, /\r\n0\r\nx-a: b\r\n\r\n/),
];

export const fieldDowngrades: Readonly<Record<string, readonly Downgrade[]>> = {
  names,
  values,
  framing,
  lengths,
  trailers,
};
