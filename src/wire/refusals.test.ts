import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HeadReader } from "./head-reader.ts";
import { defaultLimits } from "./limits.ts";
import { readRequest, type RequestMessage } from "./request.ts";

/** What becomes of a whole head: `status reason`, or the request. */
function read(head: string): string | RequestMessage {
  const bytes = Buffer.from(head, "latin1");
  const text = new HeadReader(defaultLimits).read(bytes, 0, bytes.length);
  assert.notEqual(text, undefined, "the head is not complete");
  const message = typeof text === "string" ? readRequest(text, defaultLimits) : (text ?? "");
  return typeof message !== "string" && "refused" in message ? `${message.status} ${message.reason}` : message;
}

const start = "POST / HTTP/1.1\r\nHost: a\r\n";
const startOf10 = "POST / HTTP/1.0\r\nHost: a\r\n";
const fields = (lines: string) => `${start}${lines}\r\n\r\n`;
const line = (text: string) => `${text}\r\nHost: a\r\n\r\n`;

type Case = readonly [what: string, head: string, answer: string];

const lengths: readonly Case[] = [
  ["a sign", fields("Content-Length: +5"), "400 bad-content-length"],
  ["a minus", fields("Content-Length: -1"), "400 bad-content-length"],
  ["hexadecimal", fields("Content-Length: 0x5"), "400 bad-content-length"],
  ["an exponent", fields("Content-Length: 1e1"), "400 bad-content-length"],
  ["a fraction", fields("Content-Length: 5.0"), "400 bad-content-length"],
  ["digits beyond ASCII", fields("Content-Length: \xb2"), "400 bad-content-length"],
  ["no-break spaces", fields("Content-Length: \xa05"), "400 bad-content-length"],
  ["no digits", fields("Content-Length:"), "400 bad-content-length"],
  ["sixteen digits", fields("Content-Length: 1234567890123456"), "400 bad-content-length"],
  ["two in a list that differ", fields("Content-Length: 5, 6"), "400 bad-content-length"],
  ["a list with a hole", fields("Content-Length: 5,"), "400 bad-content-length"],
  ["a list parted by other spaces", fields("Content-Length: 5,\xa05"), "400 bad-content-length"],
  ["two fields that differ", fields("Content-Length: 5\r\nContent-Length: 6"), "400 bad-content-length"],
  ["and a transfer encoding", fields("Content-Length: 5\r\nTransfer-Encoding: chunked"), "400 two-lengths"],
  ["behind a transfer encoding", fields("Transfer-Encoding: chunked\r\nContent-Length: 5"), "400 two-lengths"],
  ["zero and a transfer encoding", fields("Transfer-Encoding: chunked\r\nContent-Length: 0"), "400 two-lengths"],
  ["and an unknown coding", fields("Transfer-Encoding: x\r\nContent-Length: 5"), "501 unknown-transfer-encoding"],
];

const encodings: readonly Case[] = [
  ["twice in a list", fields("Transfer-Encoding: chunked, chunked"), "501 unknown-transfer-encoding"],
  [
    "twice in two fields",
    fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    "501 unknown-transfer-encoding",
  ],
  ["identity", fields("Transfer-Encoding: identity"), "501 unknown-transfer-encoding"],
  [
    "identity behind chunked",
    fields("Transfer-Encoding: chunked\r\ntransfer-encoding: identity"),
    "501 unknown-transfer-encoding",
  ],
  ["gzip before chunked", fields("Transfer-Encoding: gzip, chunked"), "501 unknown-transfer-encoding"],
  ["chunked before gzip", fields("Transfer-Encoding: chunked, gzip"), "501 unknown-transfer-encoding"],
  ["a longer word", fields("Transfer-Encoding: xchunked"), "501 unknown-transfer-encoding"],
  ["quoted", fields('Transfer-Encoding: "chunked"'), "501 unknown-transfer-encoding"],
  ["with a parameter", fields("Transfer-Encoding: chunked;q=1"), "501 unknown-transfer-encoding"],
  ["with a comma", fields("Transfer-Encoding: ,chunked"), "501 unknown-transfer-encoding"],
  ["nothing", fields("Transfer-Encoding:"), "501 unknown-transfer-encoding"],
  ["a no-break space before it", fields("Transfer-Encoding: \xa0chunked"), "501 unknown-transfer-encoding"],
  ["a vertical tab before it", fields("Transfer-Encoding: \x0bchunked"), "400 forbidden-character"],
  ["a form feed behind it", fields("Transfer-Encoding: chunked\x0c"), "400 forbidden-character"],
  ["folded", fields("Transfer-Encoding:\r\n chunked"), "400 malformed-field"],
  ["a space before the colon", fields("Transfer-Encoding : chunked"), "400 malformed-field"],
  ["a tab before the colon", fields("Transfer-Encoding\t: chunked"), "400 malformed-field"],
  ["behind a bare LF", fields("X: y\nTransfer-Encoding: chunked"), "400 forbidden-character"],
  ["behind a bare CR", fields("X: y\rTransfer-Encoding: chunked"), "400 forbidden-character"],
  ["in HTTP/1.0", `${startOf10}Transfer-Encoding: chunked\r\n\r\n`, "400 chunked-in-http-1.0"],
];

const fieldLines: readonly Case[] = [
  ["a space before the first", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 malformed-field"],
  ["a tab before the first", "GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n", "400 malformed-field"],
  ["a folded line", fields("X: a\r\n b"), "400 malformed-field"],
  ["a space before a colon", fields("X : a"), "400 malformed-field"],
  ["an empty name", fields(": a"), "400 malformed-field"],
  ["no colon", fields("X"), "400 malformed-field"],
  ["a name with a space", fields("X Y: a"), "400 malformed-field"],
  ["a name beyond ASCII", fields("X\xe4: a"), "400 malformed-field"],
  ["a length by an underscore", fields("Content_Length: 5"), "400 length-in-disguise"],
  ["a coding by an underscore", fields("transfer_encoding: x"), "400 length-in-disguise"],
  ["a name in parentheses", fields("(X): a"), "400 malformed-field"],
  ["NUL in a value", fields("X: a\0b"), "400 forbidden-character"],
  ["DEL in a value", fields("X: a\x7f"), "400 forbidden-character"],
  ["a bell in a name", fields("X\x07: a"), "400 forbidden-character"],
  ["a bare CR at the end of a value", fields("X: a\r\r\nY: b"), "400 forbidden-character"],
  ["a bare LF between lines", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400 forbidden-character"],
  ["a bare CR between lines", "GET / HTTP/1.1\rHost: a\r\n\r\n", "400 forbidden-character"],
  ["more than a hundred", fields(Array.from({ length: 101 }, () => "X: y").join("\r\n")), "431 too-many-fields"],
  ["a hundred names in Connection and more", fields(`Connection: ${"x,".repeat(101)}`), "431 too-many-options"],
  ["larger than a head may be", fields(`X: ${"y".repeat(61_440)}`), "431 head-too-large"],
  ["an expectation nobody knows", fields("Expect: 200-ok"), "417 unknown-expectation"],
  ["an expectation beside a known one", fields("Expect: 100-continue, x"), "417 unknown-expectation"],
  ["an expectation in its own field", fields("Expect: 100-continue\r\nExpect: x"), "417 unknown-expectation"],
  ["an expectation that is empty", fields("Expect:"), "417 unknown-expectation"],
];

const startLines: readonly Case[] = [
  ["two spaces", line("GET  / HTTP/1.1"), "400 malformed-start-line"],
  ["a space at the end", line("GET / HTTP/1.1 "), "400 malformed-start-line"],
  ["a space before it", line(" GET / HTTP/1.1"), "400 malformed-start-line"],
  ["a tab for a space", line("GET\t/ HTTP/1.1"), "400 malformed-start-line"],
  ["a space in the target", line("GET /a b HTTP/1.1"), "400 malformed-start-line"],
  ["a tab in the target", line("GET /a\tb HTTP/1.1"), "400 malformed-target"],
  ["a target beyond ASCII", line("GET /\xe4 HTTP/1.1"), "400 malformed-target"],
  ["NUL in the target", line("GET /\0 HTTP/1.1"), "400 forbidden-character"],
  ["a method that is no token", line("GE(T / HTTP/1.1"), "400 malformed-method"],
  ["a method longer than any", line(`${"A".repeat(65)} / HTTP/1.1`), "501 method-too-long"],
  ["a method beyond ASCII", line("G\xcbT / HTTP/1.1"), "400 malformed-method"],
  ["no version: HTTP/0.9", line("GET /"), "400 malformed-start-line"],
  ["HTTP/1.2", line("GET / HTTP/1.2"), "505 unknown-version"],
  ["HTTP/2.0", line("GET / HTTP/2.0"), "505 unknown-version"],
  ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\n", "505 unknown-version"],
  ["HTTP/1.10", line("GET / HTTP/1.10"), "400 malformed-start-line"],
  ["http/1.1", line("GET / http/1.1"), "400 malformed-start-line"],
  ["two empty lines before it", `\r\n\r\n${line("GET / HTTP/1.1")}`, "400 malformed-start-line"],
  ["a bare LF before it", `\n${line("GET / HTTP/1.1")}`, "400 forbidden-character"],
  ["a target of 33 KB", line(`GET /${"a".repeat(33_000)} HTTP/1.1`), "414 target-too-long"],
  ["a target larger than a head", line(`GET /${"a".repeat(70_000)} HTTP/1.1`), "414 target-too-long"],
];

const targets: readonly Case[] = [
  ["no Host", "GET / HTTP/1.1\r\n\r\n", "400 no-host"],
  ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400 several-hosts"],
  ["two Hosts, absolute-form", "GET http://a/ HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "400 several-hosts"],
  ["a bad Host under absolute-form", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", "400 malformed-host"],
  ["absolute-form without Host", "GET http://a/ HTTP/1.1\r\n\r\n", "400 no-host"],
  ["absolute-form with userinfo", line("GET http://me@a/ HTTP/1.1"), "400 malformed-host"],
  ["absolute-form without authority", line("GET http:///a HTTP/1.1"), "400 malformed-target"],
  ["absolute-form of another scheme", line("GET ftp://a/ HTTP/1.1"), "400 malformed-target"],
  ["absolute-form to an empty name", line("GET http://:80/ HTTP/1.1"), "400 malformed-host"],
  ["absolute-form to a port that is none", line("GET http://a:65536/ HTTP/1.1"), "400 malformed-host"],
  ["absolute-form with one slash", line("GET http:/a HTTP/1.1"), "400 malformed-target"],
  ["absolute-form with a fragment behind its authority", line("GET http://a#b HTTP/1.1"), "400 malformed-target"],
  ["origin-form with a fragment", line("GET /a#b HTTP/1.1"), "400 malformed-target"],
  ["absolute-form with a fragment", line("GET http://a/#b HTTP/1.1"), "400 malformed-target"],
  ["authority-form without CONNECT", line("GET a:80 HTTP/1.1"), "400 malformed-target"],
  ["a path without its slash", line("GET a HTTP/1.1"), "400 malformed-target"],
  ["* without OPTIONS", line("GET * HTTP/1.1"), "400 malformed-target"],
  ["CONNECT with a path", line("CONNECT /a HTTP/1.1"), "400 malformed-target"],
  ["CONNECT without a port", line("CONNECT a HTTP/1.1"), "400 malformed-target"],
  ["CONNECT to port 0", line("CONNECT a:0 HTTP/1.1"), "400 malformed-target"],
  ["CONNECT to an empty port", line("CONNECT a: HTTP/1.1"), "400 malformed-target"],
  ["CONNECT with *", line("CONNECT * HTTP/1.1"), "400 malformed-target"],
  ["CONNECT with a scheme", line("CONNECT http://a:80 HTTP/1.1"), "400 malformed-target"],
  [
    "CONNECT with chunks",
    "CONNECT a:80 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "400 connect-with-body",
  ],
  ["connect in small letters", line("connect a:80 HTTP/1.1"), "400 malformed-target"],
  ["CONNECT with userinfo", line("CONNECT me@a:80 HTTP/1.1"), "400 malformed-target"],
  ["CONNECT to a list", line("CONNECT a,b:80 HTTP/1.1"), "400 malformed-target"],
  ["CONNECT with a body", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 1\r\n\r\n", "400 connect-with-body"],
];

const tables = {
  "Content-Length": lengths,
  "Transfer-Encoding": encodings,
  fields: fieldLines,
  "start lines": startLines,
  targets,
};

for (const [of, cases] of Object.entries(tables)) {
  describe(`refused, ${of}:`, () => {
    for (const [what, head, answer] of cases) {
      test(what, () => {
        assert.equal(read(head), answer);
      });
    }
  });
}

type Taken = Partial<
  Pick<
    RequestMessage,
    "method" | "target" | "host" | "contentLength" | "chunked" | "fields" | "upgrade" | "minor" | "expectContinue"
  >
>;

const taken: readonly (readonly [what: string, head: string, message: Taken])[] = [
  ["one empty line before it", `\r\n${line("GET / HTTP/1.1")}`, { method: "GET", target: "/" }],
  ["a method nobody knows", line("X-PURGE / HTTP/1.1"), { method: "X-PURGE" }],
  ["equal lengths in a list", fields("Content-Length: 5, 5"), { contentLength: 5, fields: [] }],
  ["equal lengths in two fields", fields("Content-Length: 5\r\ncontent-length: 5"), { contentLength: 5, fields: [] }],
  ["a length padded by tabs", fields("Content-Length:\t5\t"), { contentLength: 5 }],
  ["chunked in any case, padded", fields("transfer-ENCODING: \t CHUNKED \t"), { chunked: true, fields: [] }],
  ["a value with bytes beyond ASCII", fields("X: \xe4\xa0"), { fields: ["X", "\xe4\xa0"] }],
  ["a value with a tab inside", fields("X:\t a\tb \t"), { fields: ["X", "a\tb"] }],
  ["an empty value", fields("X:"), { fields: ["X", ""] }],
  ["absolute-form, which replaces Host", line("GET HTTP://b:80/c?d HTTP/1.1"), { host: "b:80", target: "/c?d" }],
  ["absolute-form without a path", line("GET http://b HTTP/1.1"), { host: "b", target: "/" }],
  ["absolute-form with a query alone", line("GET http://b?c HTTP/1.1"), { host: "b", target: "/?c" }],
  ["* with OPTIONS", line("OPTIONS * HTTP/1.1"), { target: "*" }],
  ["* by absolute-form of OPTIONS", line("OPTIONS http://b HTTP/1.1"), { host: "b", target: "*" }],
  ["a path by absolute-form of OPTIONS", line("OPTIONS http://b/ HTTP/1.1"), { host: "b", target: "/" }],
  ["CONNECT, whose target replaces Host", line("CONNECT b:80 HTTP/1.1"), { host: "b:80", target: "b:80" }],
  ["CONNECT with an authority", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", { target: "a:80", host: "a:80" }],
  ["an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", { host: "[::1]:80" }],
  ["a method as long as may be", line(`${"A".repeat(64)} / HTTP/1.1`), { method: "A".repeat(64) }],
  ["a name with an underscore", fields("x_y: z"), { fields: ["x_y", "z"] }],
  ["an expectation of a body", fields("Expect: 100-Continue\r\nContent-Length: 1"), { expectContinue: true }],
  ["an expectation without a body, as none", fields("Expect: 100-continue"), { expectContinue: false }],
  [
    "an expectation in HTTP/1.0, as none",
    `${startOf10}Expect: x\r\nContent-Length: 1\r\n\r\n`,
    { expectContinue: false },
  ],
  [
    "an upgrade in HTTP/1.0, as none",
    `${startOf10}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
    { upgrade: undefined },
  ],
  [
    "upgrades in two fields, as a list",
    fields("Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: X"),
    { upgrade: "websocket, x" },
  ],
  ["HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", { minor: 0, host: undefined }],
];

describe("taken:", () => {
  for (const [what, head, expected] of taken) {
    test(what, () => {
      const message = read(head);
      assert.ok(typeof message !== "string", `refused: ${JSON.stringify(message)}`);
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(Reflect.get(message, name), value, name);
    });
  }
});
