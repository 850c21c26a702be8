import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Refusal } from "../refusal.ts";
import type { RequestMessage } from "../request.ts";
import type { ResponseMessage } from "../response.ts";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";
import { readRequestFields } from "./request.ts";
import { readResponseFields } from "./response.ts";
import { readTrailers } from "./trailers.ts";

/** A list as it comes out of a decoder. */
function decoded(fields: readonly string[]): string[] {
  const encoder = new HpackEncoder();
  const into = Buffer.alloc(encoder.sizeBound(fields));
  const decoder = new HpackDecoder({ tableSize: 4096, listSize: 100_000, fields: 1000 });
  const read: string[] = [];
  assert.equal(decoder.decode(into, 0, encoder.encode(fields, into, 0), read), undefined);
  return read;
}

const words = (message: RequestMessage | ResponseMessage | Refusal) =>
  "refused" in message ? `${message.status} ${message.reason}` : message;

type Pseudo = Readonly<Record<string, string | undefined>>;

/** A good GET, but for these pseudo-fields (undefined: without) and fields. */
function list(pseudo: Pseudo, ...fields: string[]): string[] {
  const all: Pseudo = { ":method": "GET", ":scheme": "https", ":authority": "a", ":path": "/", ...pseudo };
  return [...Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [name, value])), ...fields];
}

const none = undefined;
const connect = { ":method": "CONNECT", ":scheme": none, ":path": none, ":authority": "a:80" };
const webSocket = { ":method": "CONNECT", ":protocol": "websocket" };
const get = (...fields: string[]) => list({}, ...fields);

type Case = readonly [what: string, fields: readonly string[], answer: string, end?: boolean];

const pseudoFields: readonly Case[] = [
  ["no method", list({ ":method": none }), "400 no-method"],
  ["no scheme", list({ ":scheme": none }), "400 no-scheme"],
  ["no path", list({ ":path": none }), "400 no-path"],
  ["nothing at all", [], "400 no-method"],
  ["a method twice", [...list({}), ":method", "GET"], "400 pseudo-field-twice"],
  ["a scheme twice", [...list({}), ":scheme", "https"], "400 pseudo-field-twice"],
  ["a path twice", [...list({}), ":path", "/"], "400 pseudo-field-twice"],
  ["an authority twice", [...list({}), ":authority", "a"], "400 pseudo-field-twice"],
  ["a protocol twice", [...list(webSocket), ":protocol", "websocket"], "400 pseudo-field-twice"],
  ["one nobody knows", list({ ":x": "y" }), "400 unknown-pseudo-field"],
  ["one without a name", list({ ":": "y" }), "400 unknown-pseudo-field"],
  ["one of responses", list({ ":status": "200" }), "400 unknown-pseudo-field"],
  ["one behind fields", ["x", "y", ...list({})], "400 misplaced-pseudo-field"],
  ["one between fields", [...get("x", "y"), ":path", "/b", "z", "y"], "400 misplaced-pseudo-field"],
  ["an empty method", list({ ":method": "" }), "400 malformed-method"],
  ["a method with a space", list({ ":method": "GET /" }), "400 malformed-method"],
  ["a method with CRLF", list({ ":method": "GET / HTTP/1.1\r\nx: y" }), "400 malformed-field"],
  ["a method of 65 letters", list({ ":method": "G".repeat(65) }), "501 method-too-long"],
  ["an empty scheme", list({ ":scheme": "" }), "400 malformed-scheme"],
  ["a scheme with a colon", list({ ":scheme": "https:" }), "400 malformed-scheme"],
  ["a scheme with a host", list({ ":scheme": "https://b" }), "400 malformed-scheme"],
  ["a scheme that begins with a digit", list({ ":scheme": "1http" }), "400 malformed-scheme"],
  ["a protocol without CONNECT", list({ ":protocol": "websocket" }), "400 malformed-protocol"],
  ["an empty protocol", list({ ...webSocket, ":protocol": "" }), "400 malformed-protocol"],
  ["a protocol with CRLF", list({ ...webSocket, ":protocol": "a\r\nb" }), "400 malformed-field"],
  ["a protocol that is no token", list({ ...webSocket, ":protocol": "a, b" }), "400 malformed-protocol"],
];

const paths: readonly Case[] = [
  ["an empty one", list({ ":path": "" }), "400 malformed-target"],
  ["one without its slash", list({ ":path": "a" }), "400 malformed-target"],
  ["a query alone", list({ ":path": "?a" }), "400 malformed-target"],
  ["absolute-form", list({ ":path": "https://b/" }), "400 malformed-target"],
  ["* without OPTIONS", list({ ":path": "*" }), "400 malformed-target"],
  ["*a with OPTIONS", list({ ":method": "OPTIONS", ":path": "*a" }), "400 malformed-target"],
  ["a space", list({ ":path": "/ HTTP/1.1" }), "400 malformed-target"],
  ["a tab", list({ ":path": "/\ta" }), "400 malformed-target"],
  ["CRLF", list({ ":path": "/ HTTP/1.1\r\nx: y" }), "400 malformed-field"],
  ["NUL", list({ ":path": "/\0" }), "400 malformed-field"],
  ["DEL", list({ ":path": "/\x7f" }), "400 malformed-field"],
  ["a letter beyond ASCII", list({ ":path": "/\xe4" }), "400 malformed-target"],
  ["a fragment", list({ ":path": "/#a" }), "400 malformed-target"],
];

const hosts: readonly Case[] = [
  ["none", list({ ":authority": none }), "400 no-host"],
  ["an empty authority", list({ ":authority": "" }), "400 malformed-host"],
  ["an empty Host", list({ ":authority": none }, "host", ""), "400 malformed-host"],
  ["userinfo", list({ ":authority": "me@a" }), "400 malformed-host"],
  ["userinfo in Host", list({ ":authority": none }, "host", "me@a"), "400 malformed-host"],
  ["a path", list({ ":authority": "a/b" }), "400 malformed-host"],
  ["a list", list({ ":authority": "a,b" }), "400 malformed-host"],
  ["a space", list({ ":authority": "a b" }), "400 malformed-host"],
  ["CRLF", list({ ":authority": "a\r\nx: y" }), "400 malformed-field"],
  ["a letter beyond ASCII", list({ ":authority": "\xe4" }), "400 malformed-host"],
  ["a port that is none", list({ ":authority": "a:b" }), "400 malformed-host"],
  ["a Host that differs", list({}, "host", "b"), "400 several-hosts"],
  ["a Host whose port differs", list({}, "host", "a:80"), "400 several-hosts"],
  ["a Host that is none, beside an authority", list({}, "host", "a b"), "400 malformed-host"],
  ["two Hosts", list({}, "host", "a", "host", "a"), "400 several-hosts"],
];

const regular: readonly Case[] = [
  ["connection", get("connection", "close"), "400 connection-field"],
  ["keep-alive", get("keep-alive", "timeout=5"), "400 connection-field"],
  ["proxy-connection", get("proxy-connection", "keep-alive"), "400 connection-field"],
  ["transfer-encoding", get("transfer-encoding", "chunked"), "400 connection-field"],
  ["upgrade", get("upgrade", "websocket"), "400 connection-field"],
  ["te: gzip", get("te", "gzip"), "400 connection-field"],
  ["te: trailers and more", get("te", "trailers, gzip"), "400 connection-field"],
  ["a name with a space", get("x ", "y"), "400 malformed-field"],
  ["a name with a colon", get("x:y", "z"), "400 malformed-field"],
  ["a name with CRLF", get("x\r\ny", "z"), "400 malformed-field"],
  ["an empty name", get("", "z"), "400 malformed-field"],
  ["CRLF in a value", get("x", "y\r\nz: a"), "400 malformed-field"],
  ["LF in a value", get("x", "y\nz: a"), "400 malformed-field"],
  ["NUL in a value", get("x", "y\0"), "400 malformed-field"],
  ["a space before a value", get("x", " y"), "400 malformed-field"],
  ["an expectation nobody knows", get("expect", "200-ok"), "417 unknown-expectation"],
];

const post = (...fields: string[]) => list({ ":method": "POST" }, ...fields);
const bodies: readonly Case[] = [
  ["a sign", post("content-length", "+5"), "400 bad-content-length"],
  ["hexadecimal", post("content-length", "0x5"), "400 bad-content-length"],
  ["no digits", post("content-length", ""), "400 bad-content-length"],
  ["sixteen digits", post("content-length", "1234567890123456"), "400 bad-content-length"],
  ["two lengths that differ", post("content-length", "5", "content-length", "6"), "400 bad-content-length"],
  ["a list of two that differ", post("content-length", "5, 6"), "400 bad-content-length"],
  ["a length, and the end", post("content-length", "5"), "400 short-body", true],
];

const connects: readonly Case[] = [
  ["with a path", list({ ...connect, ":path": "/" }), "400 connect-with-path"],
  ["with a scheme", list({ ...connect, ":scheme": "https" }), "400 connect-with-path"],
  ["without an authority", list({ ...connect, ":authority": none }), "400 no-host"],
  ["with a Host alone", list({ ...connect, ":authority": none }, "host", "a:80"), "400 malformed-target"],
  ["without a port", list({ ...connect, ":authority": "a" }), "400 malformed-target"],
  ["with a length", list(connect, "content-length", "5"), "400 connect-with-body"],
  ["extended, without a path", list({ ...webSocket, ":path": none }), "400 no-path"],
  ["extended, without a scheme", list({ ...webSocket, ":scheme": none }), "400 no-scheme"],
  ["extended, with a length", list(webSocket, "content-length", "5"), "400 connect-with-body"],
];

const tables = { "pseudo-fields": pseudoFields, paths, hosts, fields: regular, bodies, CONNECT: connects };
for (const [of, cases] of Object.entries(tables)) {
  describe(`refused in requests, ${of}:`, () => {
    for (const [what, fields, answer, end = false] of cases) {
      test(what, () => {
        assert.equal(words(readRequestFields(decoded(fields), end)), answer);
      });
    }
  });
}

test("capitals in a name are refused", () => {
  const block = Buffer.from("828784410161000158017a", "hex");
  const fields: string[] = [];
  new HpackDecoder({ tableSize: 4096, listSize: 1000, fields: 9 }).decode(block, 0, block.length, fields);
  assert.equal(words(readRequestFields(fields, true)), "400 malformed-field");
});

type Taken = readonly [what: string, fields: readonly string[], end: boolean, message: Partial<RequestMessage>];

const requests: readonly Taken[] = [
  ["a GET", get("x", "y"), true, { method: "GET", target: "/", host: "a", major: 2, fields: ["x", "y"] }],
  ["no body at an end", post(), true, { contentLength: -1, chunked: false }],
  ["a body of unknown length", post(), false, { contentLength: -1, chunked: true }],
  ["a body of a length", post("content-length", "5"), false, { contentLength: 5, chunked: false, fields: [] }],
  ["equal lengths", post("content-length", "5, 5", "content-length", "5"), false, { contentLength: 5 }],
  ["a length of zero, and the end", post("content-length", "0"), true, { contentLength: 0, chunked: false }],
  ["an authority and its Host", get("host", "A"), true, { host: "a", fields: [] }],
  ["Host alone", list({ ":authority": none }, "host", "a:80"), true, { host: "a:80" }],
  ["another scheme", list({ ":scheme": "coap+tcp" }), true, { target: "/" }],
  ["any path of ASCII", list({ ":path": "/%2e/..//\\?a=b?c|" }), true, { target: "/%2e/..//\\?a=b?c|" }],
  ["* with OPTIONS", list({ ":method": "OPTIONS", ":path": "*" }), true, { target: "*" }],
  [
    "cookies in crumbs",
    get("cookie", "a=b", "x", "y", "cookie", "c=d"),
    true,
    { fields: ["cookie", "a=b; c=d", "x", "y"] },
  ],
  ["te: trailers", get("te", "Trailers"), true, { takesTrailers: true, fields: [] }],
  ["no te", get("x", "y"), true, { takesTrailers: false }],
  ["an expectation", post("expect", "100-Continue"), false, { expectContinue: true, fields: [] }],
  ["an expectation without a body", post("expect", "100-continue"), true, { expectContinue: false }],
  ["HTTP2-Settings, dropped", get("http2-settings", "AAMAAABk"), true, { fields: [] }],
  [
    "names as long as those of framing",
    get("date", "y", "server", "z"),
    true,
    { fields: ["date", "y", "server", "z"] },
  ],
  ["an empty value, and one beyond ASCII", get("x", "", "y", "\xe4"), true, { fields: ["x", "", "y", "\xe4"] }],
  [
    "CONNECT",
    list(connect, "content-length", "0"),
    false,
    { method: "CONNECT", target: "a:80", host: "a:80", chunked: false, contentLength: -1, extendedConnect: false },
  ],
  [
    "extended CONNECT",
    list({ ...webSocket, ":protocol": "WebSocket", ":path": "/chat" }),
    false,
    { method: "CONNECT", target: "/chat", host: "a", upgrade: "websocket", extendedConnect: true, chunked: false },
  ],
];

function holds(message: RequestMessage | ResponseMessage | Refusal, expected: object): void {
  assert.ok(!("refused" in message), JSON.stringify(message));
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(Reflect.get(message, name), value, name);
}

describe("taken as a request:", () => {
  for (const [what, fields, end, expected] of requests) {
    test(what, () => {
      holds(readRequestFields(decoded(fields), end), expected);
    });
  }
});

const status = (code: string, ...fields: string[]) => [":status", code, ...fields];

describe("refused in responses:", () => {
  const cases: readonly Case[] = [
    ["no status", ["x", "y"], "400 no-status"],
    ["nothing at all", [], "400 no-status"],
    ["a status twice", status("200", ":status", "200"), "400 misplaced-pseudo-field"],
    ["a status behind a field", ["x", "y", ":status", "200"], "400 no-status"],
    ["another pseudo-field", [":path", "/", ":status", "200"], "400 unknown-pseudo-field"],
    ["a status and another pseudo-field", status("200", ":path", "/"), "400 misplaced-pseudo-field"],
    ["two digits", status("20"), "400 malformed-status"],
    ["four digits", status("2000"), "400 malformed-status"],
    ["a sign", status("+20"), "400 malformed-status"],
    ["a reason", status("200 OK"), "400 malformed-status"],
    ["099", status("099"), "400 malformed-status"],
    ["600", status("600"), "400 malformed-status"],
    ["101", status("101"), "400 malformed-status"],
    ["a connection field", status("200", "connection", "close"), "400 connection-field"],
    ["CRLF in a value", status("200", "x", "a\r\nb: c"), "400 malformed-field"],
    ["a bad length", status("200", "content-length", "-1"), "400 bad-content-length"],
    ["a length, and the end", status("200", "content-length", "5"), "400 short-body", true],
    ["a 204 with a length", status("204", "content-length", "5"), "400 body-of-a-bodiless-status"],
    ["a 103 with a length", status("103", "content-length", "5"), "400 body-of-a-bodiless-status"],
    ["a 100 at the end", status("100"), "400 early-end", true],
  ];
  for (const [what, fields, answer, end = false] of cases) {
    test(what, () => {
      assert.equal(words(readResponseFields(decoded(fields), end)), answer);
    });
  }
});

describe("taken as a response:", () => {
  type Row = readonly [what: string, fields: string[], end: boolean, method: string, message: Partial<ResponseMessage>];
  const length = ["content-length", "5"];
  const cases: readonly Row[] = [
    [
      "a 200",
      status("200", "x", "y"),
      false,
      "GET",
      { status: 200, chunked: true, contentLength: -1, fields: ["x", "y"] },
    ],
    ["a body of a length", status("200", ...length), false, "GET", { chunked: false, contentLength: 5, fields: [] }],
    ["no body", status("599"), true, "GET", { status: 599, chunked: false, contentLength: 0 }],
    ["an answer to HEAD", status("200", ...length), true, "HEAD", { chunked: false, contentLength: 5 }],
    ["an answer to HEAD of no length", status("200"), true, "HEAD", { chunked: false, contentLength: -1 }],
    ["a 304", status("304", ...length), true, "GET", { chunked: false, contentLength: 5 }],
    ["a 204", status("204"), false, "GET", { chunked: false, contentLength: -1 }],
    ["a 103", status("103", "link", "</a>"), false, "GET", { status: 103, chunked: false, contentLength: -1 }],
    ["a tunnel", status("200", ...length), false, "CONNECT", { chunked: false, contentLength: -1 }],
    ["a refused tunnel", status("502"), false, "CONNECT", { chunked: true }],
    [
      "several of one name",
      status("200", "set-cookie", "a", "set-cookie", "b"),
      true,
      "GET",
      { fields: ["set-cookie", "a", "set-cookie", "b"] },
    ],
  ];
  for (const [what, fields, end, method, expected] of cases) {
    test(what, () => {
      holds(readResponseFields(decoded(fields), end, method), expected);
    });
  }
});

describe("trailers", () => {
  test("are what may stand behind a body", () => {
    const fields = ["grpc-status", "0", "Content-Length", "5", "host", "b", "authorization", "c", "x", "y"];
    assert.deepEqual(readTrailers(decoded(fields)), ["grpc-status", "0", "x", "y"]);
    assert.deepEqual(readTrailers([]), []);
  });

  const malformed: readonly (readonly string[])[] = [
    [":status", "200"],
    ["x", "y", ":path", "/"],
    ["connection", "close"],
    ["transfer-encoding", "chunked"],
    ["x", "a\r\nb"],
    ["x y", "z"],
    ["", "z"],
  ];
  for (const fields of malformed) {
    test(`with ${JSON.stringify(fields)} are malformed`, () => {
      assert.equal(readTrailers(decoded(fields)), undefined);
    });
  }
});
