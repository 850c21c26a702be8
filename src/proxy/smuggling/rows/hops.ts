import { closed, follower, forwarded, head, refused, type Row } from "../row.ts";

const get = (lines: string) => `GET /first HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`;
const absent = (...names: readonly string[]) => new RegExp(`^(?![^]*\r\n(?:${names.join("|")}):)`, "i");
const upgrade = (protocol: string) => `Connection: Upgrade\r\nUpgrade: ${protocol}`;

/** Fields nobody may be robbed of by naming them in Connection. */
const kept: readonly (readonly [name: string, value: string])[] = [
  ["Authorization", "b"],
  ["Cookie", "b"],
  ["Content-Type", "b"],
  ["X-Forwarded-For", "b"],
  ["X-Forwarded-Proto", "b"],
  ["X-Request-Id", "b"],
];

/** Fields of one hop, what Connection names, upgrades and expectations. */
export const hops: readonly Row[] = [
  ...kept.map(([name, value]) =>
    forwarded(
      `${name} that Connection names`,
      get(`${name}: ${value}\r\nConnection: ${name.toLowerCase()}`),
      "GET /first",
      new RegExp(`\r\n${name}: ${value}`, "i"),
    ),
  ),
  forwarded(
    "a length that Connection names",
    `${head}Connection: content-length\r\nContent-Length: 3\r\n\r\nabc`,
    "POST /first abc",
    /\r\ncontent-length: 3\r\n/,
  ),
  forwarded(
    "a length that Connection names, of a request",
    `${head}Connection: Content-Length\r\nContent-Length: ${follower.length}\r\n\r\n${follower}`,
    `POST /first ${follower.trim()}`,
  ),
  forwarded(
    "a field that Connection names",
    get("X-A: b\r\nConnection: x-a"),
    "GET /first",
    absent("x-a", "connection"),
  ),
  forwarded(
    "fields that Connection names in any case and order",
    get("Connection: X-A,\tx-B , ,\r\nx-a: 1\r\nX-b: 2"),
    "GET /first",
    absent("x-a", "x-b", "connection"),
  ),
  forwarded(
    "fields that two Connections name",
    get("Connection: x-a\r\nX-A: 1\r\nX-B: 2\r\nConnection: x-b"),
    "GET /first",
    absent("x-a", "x-b", "connection"),
  ),
  forwarded(
    "fields of one hop",
    get("Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\nConnection: keep-alive"),
    "GET /first",
    absent("keep-alive", "proxy-connection", "te", "connection"),
  ),
  forwarded(
    "TE of trailers",
    get("TE: gzip, trailers\r\nConnection: TE"),
    "GET /first",
    /\r\nconnection: TE\r\nte: trailers\r\n/,
  ),
  forwarded("an odd name in Connection", get('Connection: x y, "z", (a)'), "GET /first", absent("connection")),
  refused("a hundred names in Connection and more", get(`Connection: ${"x,".repeat(200)}`), 431),
  refused("a Connection with a space before its colon", get("Connection : close")),
  closed("Connection: close", get("Connection: close"), ["GET /first"]),
  closed("Connection: CLOSE", get("Connection: CLOSE"), ["GET /first"]),
  closed("close among others", get("Connection: x, Close ,y"), ["GET /first"]),
  closed("close and keep-alive", get("Connection: keep-alive\r\nConnection: close"), ["GET /first"]),
  closed("close behind a body", `${head}Connection: close\r\nContent-Length: 3\r\n\r\nabc`, ["POST /first abc"]),
  closed("close behind chunks", `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, [
    "POST /first",
  ]),
  closed("a second request that closes", `${get("X: y")}${get("Connection: close").replace("first", "second")}`, [
    "GET /first",
    "GET /second",
  ]),
  forwarded(
    "Proxy-Connection: close, which nobody defined",
    get("Proxy-Connection: close"),
    "GET /first",
    absent("proxy-connection"),
  ),
  forwarded(
    "an upgrade nobody may make of a body",
    `${head}${upgrade("websocket")}\r\nContent-Length: 3\r\n\r\nabc`,
    "POST /first abc",
    absent("upgrade", "connection"),
  ),
  forwarded(
    "an upgrade nobody may make of chunks",
    `${head}${upgrade("websocket")}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    "POST /first",
    absent("upgrade", "connection"),
  ),
  forwarded(
    "an upgrade that Connection does not name",
    get("Upgrade: websocket"),
    "GET /first",
    absent("upgrade", "connection"),
  ),
  forwarded(
    "Connection: upgrade without a protocol",
    get("Connection: upgrade"),
    "GET /first",
    absent("upgrade", "connection"),
  ),
  forwarded(
    "an offer of h2c",
    get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"),
    "GET /first",
    absent("upgrade", "http2-settings", "connection"),
  ),
  forwarded(
    "an offer of h2c that hides its settings from Connection",
    get("Connection: Upgrade\r\nUpgrade: H2C\r\nHTTP2-Settings: AAMAAABkAAQAAP__"),
    "GET /first",
    absent("upgrade", "http2-settings", "connection"),
  ),
  forwarded(
    "an offer of h2c with a body",
    `${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nContent-Length: 3\r\n\r\nabc`,
    "POST /first abc",
    absent("upgrade", "http2-settings", "connection"),
  ),
  refused("an expectation nobody knows", `${head}Expect: 200-ok\r\nContent-Length: ${follower.length}\r\n\r\n`, 417),
  refused("an expectation nobody knows, without a body", get("Expect: x"), 417),
  refused("an expectation beside a known one", `${head}Expect: 100-continue, x\r\nContent-Length: 3\r\n\r\nabc`, 417),
  refused(
    "an expectation behind a known one",
    `${head}Expect: 100-continue\r\nExpect: x\r\nContent-Length: 3\r\n\r\nabc`,
    417,
  ),
  refused("an expectation before a known one", `${head}Expect: y 100-continue\r\nContent-Length: 3\r\n\r\nabc`, 417),
  refused("an expectation with a parameter", `${head}Expect: 100-continue;x\r\nContent-Length: 3\r\n\r\nabc`, 417),
  refused("an expectation that is empty", `${head}Expect:\r\nContent-Length: 3\r\n\r\nabc`, 417),
  refused("an expectation with NUL", `${head}Expect: 100-continue\0\r\nContent-Length: 3\r\n\r\nabc`),
  refused("an expectation that is folded", `${head}Expect:\r\n 100-continue\r\nContent-Length: 3\r\n\r\nabc`),
  forwarded(
    "an expectation with its body at once",
    `${head}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
    "POST /first abc",
  ),
  forwarded(
    "an expectation in any case, with chunks",
    `${head}eXpect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
    "POST /first abc",
  ),
  forwarded("an expectation of no body", get("Expect: 100-continue"), "GET /first", absent("expect")),
  forwarded(
    "an expectation of an empty body",
    `${head}Expect: 100-continue\r\nContent-Length: 0\r\n\r\n`,
    "POST /first",
    absent("expect"),
  ),
  forwarded(
    "an expectation with a request for its body",
    `${head}Expect: 100-continue\r\nContent-Length: ${follower.length}\r\n\r\n${follower}`,
    `POST /first ${follower.trim()}`,
  ),
  forwarded(
    "requests sent ahead",
    `${get("X: 1")}${get("X: 2").replace("first", "second")}${get("X: 3").replace("first", "third")}`,
    ["GET /first", "GET /second", "GET /third"],
  ),
  forwarded(
    "requests with bodies sent ahead",
    `${head}Content-Length: 3\r\n\r\nabc${head}Transfer-Encoding: chunked\r\n\r\n1\r\nd\r\n0\r\n\r\n${head}\r\n`,
    ["POST /first abc", "POST /first d", "POST /first"],
  ),
  forwarded("a HEAD before others", `HEAD /first HTTP/1.1\r\nHost: a\r\n\r\n${get("X: 2")}`, [
    "HEAD /first",
    "GET /first",
  ]),
  closed(
    "a bad request behind a good one",
    `${get("X: 1")}GET /sec ond HTTP/1.1\r\nHost: a\r\n\r\n`,
    ["GET /first"],
    [200, 400],
  ),
  closed(
    "a bad request behind two",
    `${get("X: 1")}${get("X: 2")}${head}Content-Length: x\r\n\r\n`,
    ["GET /first", "GET /first"],
    [200, 200, 400],
  ),
  closed(
    "two lengths behind a good request",
    `${get("X: 1")}${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ["GET /first"],
    [200, 400],
  ),
  closed("a fold behind a good request", `${get("X: 1")} ${get("X: 2")}`, ["GET /first"], [200, 400]),
];
