import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultLimits } from "./limits.ts";
import { readResponse, type ResponseMessage } from "./response.ts";

function read(head: string): ResponseMessage {
  const message = readResponse(head, defaultLimits);
  assert.ok(!("refused" in message), JSON.stringify(message));
  return message;
}

describe("a response", () => {
  test("may lack its reason, and the space before it", () => {
    for (const line of ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 OK"])
      assert.equal(read(`${line}\r\n`).status, 200);
    assert.equal(read("HTTP/1.1 404 Nicht \xfcberall\r\n").reason, "Nicht \xfcberall");
  });

  const refused: readonly (readonly [what: string, head: string])[] = [
    ["another protocol", "ICY 200 OK\r\n"],
    ["HTTP/2", "HTTP/2.0 200 OK\r\n"],
    ["HTTP/1.2", "HTTP/1.2 200 OK\r\n"],
    ["two spaces", "HTTP/1.1  200 OK\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n"],
    ["a status below 100", "HTTP/1.1 099 OK\r\n"],
    ["a status with an exponent", "HTTP/1.1 2e2 OK\r\n"],
    ["a status with a sign", "HTTP/1.1 +20 OK\r\n"],
    ["no status", "HTTP/1.1 OK 200\r\n"],
    ["a bare LF", "HTTP/1.1 200 OK\nX: y\r\n"],
    ["a bare CR in a value", "HTTP/1.1 200 OK\r\nX: y\rSet-Cookie: z\r\n"],
    ["NUL in a value", "HTTP/1.1 200 OK\r\nX: \0\r\n"],
    ["a folded line", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n"],
    ["a space before a colon", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n"],
    ["an empty name", "HTTP/1.1 200 OK\r\n: y\r\n"],
    ["two lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n"],
    ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n"],
    ["a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
    ["chunks twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n"],
    ["an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n"],
    ["identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n"],
    ["an empty coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n"],
    ["a coding behind chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"],
    ["chunks with 100", "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n"],
    ["chunks with 101", "HTTP/1.1 101 Switching Protocols\r\nTransfer-Encoding: chunked\r\n"],
    ["chunks with 204", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n"],
    ["a length with 103", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n"],
    ["a length with 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n"],
    ["small letters in its version", "http/1.1 200 OK\r\n"],
    ["a space before its version", " HTTP/1.1 200 OK\r\n"],
    ["a tab before its status", "HTTP/1.1\t200 OK\r\n"],
    ["a tab behind its status", "HTTP/1.1 200\tOK\r\n"],
    ["letters behind its status", "HTTP/1.1 200OK\r\n"],
    ["digits of another script", "HTTP/1.1 \xb20 OK\r\n"],
    ["an empty start line", "\r\n"],
    ["a space before the first field", "HTTP/1.1 200 OK\r\n X: y\r\n"],
    ["a line without a colon", "HTTP/1.1 200 OK\r\nX\r\n"],
    ["a name with a space", "HTTP/1.1 200 OK\r\nX Y: z\r\n"],
    ["a hundred fields and one", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(101)}`],
    ["NUL in its reason", "HTTP/1.1 200 O\0K\r\n"],
    ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n"],
  ];
  for (const [what, head] of refused) {
    test(`is refused: ${what}`, () => {
      assert.ok("refused" in readResponse(head, defaultLimits));
    });
  }

  const ends: readonly (readonly [what: string, method: string, head: string, end: string])[] = [
    ["to HEAD has no body", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "none"],
    ["to HEAD in chunks has no body", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", "none"],
    ["100 has no body", "GET", "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n", "none"],
    ["204 has no body", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n", "none"],
    ["304 tells the length of what it stands for", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", "none"],
    ["304 has no body", "GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n", "none"],
    ["of length zero has no body", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "none"],
    ["with a length ends there", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "length"],
    ["in chunks ends with the last", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", "chunked"],
    ["without a length ends with its connection", "GET", "HTTP/1.1 200 OK\r\n", "close"],
  ];
  for (const [what, method, head, end] of ends) {
    test(what, () => {
      assert.equal(read(head).bodyEnd(method), end);
    });
  }

  test("may say a length twice, if it is the same, and expect nothing", () => {
    const message = read("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\nExpect: x\r\n");
    assert.equal(message.contentLength, 5);
    assert.deepEqual(message.fields, []);
  });

  test("keeps its connection as its version and Connection say", () => {
    assert.equal(read("HTTP/1.1 200 OK\r\n").persistent, true);
    assert.equal(read("HTTP/1.1 200 OK\r\nConnection: Close\r\n").persistent, false);
    assert.equal(read("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: x, close\r\n").persistent, false);
    assert.equal(read("HTTP/1.0 200 OK\r\n").persistent, false);
    assert.equal(read("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n").persistent, true);
  });
});
