import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { defaultLimits, readRequest, readResponse } from "../../wire/index.ts";
import { printOutgoing, printRequest, printResponse } from "./print.ts";

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/);
/** Names that say how a message is framed are printed from what was read of them. */
const ofThisHop =
  /^(?:te|host|expect|http2-settings|upgrade|connection|keep-alive|content-length|proxy-connection|transfer-encoding)$/i;
const fields = fc
  .array(
    fc.tuple(
      token.filter((name) => !ofThisHop.test(name)),
      value,
    ),
    { maxLength: 20 },
  )
  .map((pairs) => pairs.flat());
const framing = fc.constantFrom("", "content-length: 5\r\n", "transfer-encoding: chunked\r\n");

test("a request that is printed and read again is the same request", () => {
  const target = fc.stringMatching(/^\/[\x21\x22\x24-\x7e]{0,30}$/);
  const method = token.filter((name) => name !== "CONNECT");
  const holds = (name: string, path: string, pairs: string[], body: string) => {
    const text = printRequest(name, path, "a:80", pairs, body);
    const message = readRequest(text.slice(0, -2), defaultLimits);
    assert.ok(!("refused" in message), JSON.stringify(message));
    const { fields: got, host, contentLength, chunked } = message;
    assert.deepEqual([message.method, message.target, host, got], [name, path, "a:80", pairs]);
    assert.deepEqual([contentLength, chunked], [body.startsWith("c") ? 5 : -1, body.startsWith("t")]);
  };
  fc.assert(fc.property(method, target, fields, framing, holds), { numRuns: 500 });
});

test("a response that is printed and read again is the same response", () => {
  const reason = fc.stringMatching(/^[A-Za-z][\x20-\x7e\x80-\xff]{0,20}$/);
  const holds = (status: number, phrase: string, pairs: string[], framing: string) => {
    const body = status < 200 || status === 204 ? "" : framing;
    const message = readResponse(printResponse(status, phrase, pairs, body).slice(0, -2), defaultLimits);
    assert.ok(!("refused" in message), JSON.stringify(message));
    assert.deepEqual([message.status, message.reason, message.fields], [status, phrase, pairs]);
    assert.deepEqual([message.contentLength, message.chunked], [body.startsWith("c") ? 5 : -1, body.startsWith("t")]);
  };
  fc.assert(fc.property(fc.integer({ min: 100, max: 999 }), reason, fields, framing, holds), { numRuns: 500 });
});

test("a request that is read, sent on and read again is the same request", () => {
  const line = fc.constantFrom(
    "Content-Length: 5",
    "Content-Length: 05, 5",
    "Transfer-Encoding: Chunked",
    "Connection: keep-alive",
    "Connection: upgrade, x-own",
    "Connection: close",
    "Upgrade: WebSocket",
    "Upgrade: h2c",
    "Expect: 100-Continue",
    "TE: gzip, trailers",
    "Keep-Alive: timeout=5",
    "X-Own: a",
    "X: \t b c\xe4 ",
    "Y:",
  );
  const start = fc.constantFrom(
    "GET / HTTP/1.1\r\nHost: a:\r\n",
    "POST /a?b HTTP/1.1\r\nHost: %61.b:80\r\n",
    "PUT http://[::1]:80/a HTTP/1.1\r\nHost: b\r\n",
    "OPTIONS http://a HTTP/1.1\r\nHost: b\r\n",
    "GET / HTTP/1.0\r\nHost: a\r\n",
  );
  const holds = (first: string, rest: readonly string[]) => {
    const message = readRequest(first + rest.map((each) => `${each}\r\n`).join(""), defaultLimits);
    fc.pre(!("refused" in message));
    const { method, target, host = "", fields } = message;
    const text = printOutgoing({ message, target, host, scheme: "http", extra: [] });
    const again = readRequest(text.slice(0, -2), defaultLimits);
    assert.ok(!("refused" in again), JSON.stringify(again));
    assert.deepEqual([again.method, again.target, again.host, again.fields], [method, target, host, fields]);
    assert.equal(again.contentLength, message.contentLength);
    assert.equal(again.chunked, message.chunked);
    assert.equal(again.upgrade, message.upgrade);
    assert.equal(again.expectContinue, message.expectContinue);
    // An upgrade goes without.
    if (message.upgrade === undefined) assert.equal(again.takesTrailers, message.takesTrailers);
    assert.equal(again.persistent, true, "each hop has a connection of its own");
  };
  fc.assert(fc.property(start, fc.array(line, { maxLength: 6 }), holds), { numRuns: 2000 });
});
