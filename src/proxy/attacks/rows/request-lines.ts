import { asked, row, smuggled, type Downgrade } from "../downgrade.ts";
import { data, endHeaders, endStream, headers, request } from "../frames.ts";

/** Whom a request is for (§8.3.1). */
const hosts: readonly Downgrade[] = [
  asked("Host that says something else", request("GET", "/first", "host", "b")),
  asked("Host with another port", request("GET", "/first", "host", "a:81")),
  asked("Host that says the same", request("GET", "/first", "host", "a"), "GET /first", {
    sends: /^(?!(?:[^]*\r\nhost:){2})[^]*\r\nhost: a\r\n/i,
  }),
  asked("Host in capitals", request("GET", "/first", "host", "A"), "GET /first"),
  asked("Host twice", request("GET", "/first", "host", "a", "host", "a")),
  asked("Host alone", [":method", "GET", ":scheme", "http", ":path", "/first", "host", "a"], "GET /first", {
    sends: /\r\nhost: a\r\n/i,
  }),
  asked("neither Host nor authority", [":method", "GET", ":scheme", "http", ":path", "/first"]),
  asked("Host of nothing beside an authority", request("GET", "/first", "host", "")),
  ...["a@b", "a/b", "a, b", "a b", "a\r\nX: y", "a\tb", "", "a:b", "a:99999", "[::1", "a?b", "a#b", "a\\b", "\xe9"].map(
    (authority) =>
      asked(`an authority of ${JSON.stringify(authority)}`, [
        ":method",
        "GET",
        ":scheme",
        "http",
        ":path",
        "/first",
        ":authority",
        authority,
      ]),
  ),
];

const pseudo = { ":method": "GET", ":scheme": "http", ":authority": "a", ":path": "/first" } as const;
const given = (fields: Readonly<Record<string, string>>): readonly string[] => Object.entries(fields).flat();

/** Pseudo-fields (§8.3). */
const pseudos: readonly Downgrade[] = [
  ...([":method", ":scheme", ":path"] as const).map((name) =>
    asked(`no ${name}`, given(Object.fromEntries(Object.entries(pseudo).filter(([key]) => key !== name)))),
  ),
  ...Object.entries(pseudo).map(([name, value]) => asked(`${name} twice`, [...given(pseudo), name, value])),
  asked(":path twice, the second one another", [...given(pseudo), ":path", "/smuggled"]),
  asked("an unknown one", [...given(pseudo), ":foo", "bar"]),
  asked("one with a capital", [...given(pseudo), ":Path", "/smuggled"]),
  asked("one that is a colon alone", [...given(pseudo), ":", "x"]),
  asked(":status", [...given(pseudo), ":status", "200"]),
  asked("one behind a field", [...given(pseudo).slice(0, 6), "x", "y", ":path", "/first"]),
  asked("a second one behind a field", request("GET", "/first", "x", "y", ":path", "/smuggled")),
  asked("none", ["x", "y"]),
  asked("no field at all", []),
];

/** What would stand in the request line. */
const lines: readonly Downgrade[] = [
  ...(
    [
      ["of nothing", ""],
      ["without a slash", "first"],
      ["of a query alone", "?x"],
      ["in absolute form", "http://a/first"],
      ["in absolute form of another host", "http://b/first"],
      ["in authority form", "a:80"],
      ["with a space", "/first x"],
      ["with a space and a version", "/first HTTP/1.0"],
      ["with a line end and a field", "/first HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: y"],
      ["with a line end and a request", `/first HTTP/1.1\r\nHost: a\r\n\r\n${smuggled.slice(0, -4)}`],
      ["with a bare line feed", "/first\nX: y"],
      ["with a tab", "/first\tx"],
      ["with NUL", "/first\0"],
      ["with DEL", "/first\x7f"],
      ["beyond ASCII", "/first\xe9"],
      ["with a fragment", "/first#x"],
      ["with a space before it", " /first"],
      ["with a space behind it", "/first "],
      ["that is an asterisk", "*"],
      ["that begins with an asterisk", "*/first"],
    ] as const
  ).map(([what, path]) => asked(`a path ${what}`, request("GET", path))),
  asked("a path with line ends in percents", request("GET", "/first%0d%0aX:%20y"), "GET /first%0D%0AX:%20y"),
  asked("a path with two slashes", request("GET", "/first//b"), "GET /first//b"),
  asked("a path above the root", request("GET", "/../first"), "400"),
  asked("an asterisk of OPTIONS", request("OPTIONS", "*"), "OPTIONS *"),
  ...(
    [
      ["that is a whole request", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nGET"],
      ["with a target", "GET /smuggled"],
      ["with a space before it", " GET"],
      ["with a space behind it", "GET "],
      ["with a line end before it", "\r\nGET"],
      ["with a colon", "GET:"],
      ["with NUL", "GET\0"],
      ["beyond ASCII", "G\xc9T"],
      ["of nothing", ""],
    ] as const
  ).map(([what, method]) => asked(`a method ${what}`, request(method, "/first"))),
  asked("a method in small letters", request("get", "/first"), "get /first", { odd: true }),
  asked("a method of a hundred letters", request("X".repeat(100), "/first"), "501"),
  ...["", "ht tp", "http\r\nX: y", "http:", "http://a/?", "1http", "\xe9"].map((scheme) =>
    asked(`a scheme of ${JSON.stringify(scheme)}`, given({ ...pseudo, ":scheme": scheme })),
  ),
  asked("CONNECT with a path", given({ ...pseudo, ":method": "CONNECT" })),
  asked("CONNECT without a port", [":method", "CONNECT", ":authority", "a"]),
  asked("CONNECT with a scheme", [":method", "CONNECT", ":authority", "a:80", ":scheme", "http"]),
  asked("CONNECT of nothing", [":method", "CONNECT"]),
  asked("CONNECT with a line end", [":method", "CONNECT", ":authority", "a:80 HTTP/1.1\r\nX: y"]),
  asked(":protocol of a GET", [...given(pseudo), ":protocol", "websocket"]),
  asked(":protocol of nothing", given({ ...pseudo, ":method": "CONNECT", ":protocol": "" })),
  asked(":protocol with a line end", given({ ...pseudo, ":method": "CONNECT", ":protocol": "websocket\r\nX: y" })),
  asked(":protocol with a comma", given({ ...pseudo, ":method": "CONNECT", ":protocol": "websocket, h2c" })),
  asked(":protocol that is not offered", given({ ...pseudo, ":method": "CONNECT", ":protocol": "h2c" }), "403"),
  row(
    "an upgrade that is not answered, with a request behind it",
    [
      headers(1, given({ ...pseudo, ":method": "CONNECT", ":protocol": "websocket", ":path": "/first" }), endHeaders),
      data(1, smuggled, endStream),
    ],
    "GET /first",
    { odd: true },
  ),
];

export const requestDowngrades: Readonly<Record<string, readonly Downgrade[]>> = {
  hosts,
  "pseudo-fields": pseudos,
  "request lines": lines,
};
