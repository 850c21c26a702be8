import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sniff } from "./sniff.ts";

describe("the first bytes of a connection", () => {
  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const cases: readonly (readonly [what: string, bytes: string, shows: string | undefined])[] = [
    ["nothing", "", undefined],
    ["a request line", "GET / HTTP/1.1\r\n", "http/1.1"],
    ["a request of HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "http/1.0"],
    ["a method nobody knows", "X-PURGE /a HTTP/1.1\r\n", "http/1.1"],
    ["a method of WebDAV", "VERSION-CONTROL /a HTTP/1.1\r\n", "http/1.1"],
    ["absolute-form", "GET http://a/ HTTP/1.1\r\n", "http/1.1"],
    ["CONNECT", "CONNECT a:80 HTTP/1.1\r\n", "http/1.1"],
    ["part of a method", "PROPF", undefined],
    ["part of a target", "GET /a", undefined],
    ["a line without its LF", "GET / HTTP/1.1\r", undefined],
    ["a P", "P", undefined],
    ["part of HTTP/2's preface", preface.slice(0, 20), undefined],
    ["HTTP/2's preface", `${preface}\0\0\0`, "h2c"],
    ["what only begins like HTTP/2's preface", `${preface.slice(0, 20)}xxxx`, "unknown"],
    ["a line without version", "GET /\r\n", "unknown"],
    ["a line that ends in LF", "GET / HTTP/1.1\n", "unknown"],
    ["another version", "GET / HTTP/1.2\r\n", "unknown"],
    ["Redis", "*1\r\n$4\r\nPING\r\n", "unknown"],
    ["Redis on a line", "PING\r\n", "unknown"],
    ["mail", "EHLO example.org\r\n", "unknown"],
    ["SSH", "SSH-2.0-OpenSSH_9.9\r\n", "unknown"],
    ["PostgreSQL", "\0\0\0\x08\x04\xd2\x16\x2f", "unknown"],
    ["a word without end", "A".repeat(100), "unknown"],
    ["a line without end", `GET /${"a".repeat(9000)}`, "unknown"],
    ["a TLS record", "\x16\x03\x01\x02\0", "tls"],
    ["part of a TLS record", "\x16", undefined],
    ["what only begins like TLS", "\x16\x01\x01", "unknown"],
  ];
  for (const [what, bytes, shows] of cases) {
    test(`${what}: ${shows ?? "more are needed"}`, () => {
      assert.equal(sniff(Buffer.from(bytes, "latin1")), shows);
    });
  }

  test("never change their mind when more come", () => {
    for (const [, text, shows] of cases) {
      const bytes = Buffer.from(text, "latin1");
      for (let length = 0; length < bytes.length; length += 1) {
        const sooner = sniff(bytes.subarray(0, length));
        if (sooner !== undefined) assert.equal(sooner, shows, JSON.stringify(text.slice(0, length)));
      }
    }
  });
});
