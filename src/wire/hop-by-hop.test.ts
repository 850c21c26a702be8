import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldValue, removeField } from "./fields.ts";
import { defaultLimits } from "./limits.ts";
import { readRequest, type RequestMessage } from "./request.ts";
import { readResponse } from "./response.ts";

function read(lines: string, version = "1.1"): RequestMessage {
  const message = readRequest(`GET / HTTP/${version}\r\nHost: a\r\n${lines}`, defaultLimits);
  assert.ok(!("refused" in message), JSON.stringify(message));
  return message;
}

describe("fields of one hop", () => {
  test("are taken out: Connection, Keep-Alive, Proxy-Connection, TE, Upgrade, HTTP2-Settings, Expect", () => {
    const message = read(
      "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nTE: trailers\r\n" +
        "Upgrade: websocket\r\nHTTP2-Settings: AA\r\nExpect: 100-Continue\r\nContent-Length: 1\r\nX: y\r\n",
    );
    assert.deepEqual(message.fields, ["X", "y"]);
    assert.equal(message.expectContinue, true);
    assert.equal(message.upgrade, undefined, "nobody asked for an upgrade in Connection");
  });

  test("are also those that Connection names, wherever they stand", () => {
    assert.deepEqual(read("X-A: 1\r\nConnection: x-a,\tX-B , ,close\r\nx-b: 2\r\nX-C: 3\r\n").fields, ["X-C", "3"]);
  });

  test("are never those a hop could be robbed of", () => {
    const fields = [
      "Authorization",
      "b",
      "Cookie",
      "c",
      "X-Forwarded-For",
      "d",
      "x-request-id",
      "e",
      "Content-Type",
      "f",
      "Content-Encoding",
      "g",
      "Content-Range",
      "h",
      "Forwarded",
      "i",
    ];
    let lines = "";
    for (let index = 0; index < fields.length; index += 2) lines += `${fields[index]}: ${fields[index + 1]}\r\n`;
    const names = fields.filter((_, index) => index % 2 === 0).join(", ");
    const message = read(`${lines}Content-Length: 3\r\nConnection: ${names}, Host, Content-Length\r\n`);
    assert.deepEqual(message.fields, fields);
    assert.equal(message.host, "a");
    assert.equal(message.contentLength, 3);
  });

  test("TE says whether trailers are read; no coding it lists is", () => {
    const taken = ["trailers", "Trailers", "gzip, trailers", "gzip;q=0.5 ,\ttrailers", "x\r\nTE: trailers"];
    const not = ["", "trailer", "trailers;q=0", "x-trailers", "gzip"];
    for (const value of taken) assert.equal(read(`TE: ${value}\r\n`).takesTrailers, true, value);
    for (const value of not) assert.equal(read(`TE: ${value}\r\n`).takesTrailers, false, value);
    assert.equal(read("").takesTrailers, false);
    assert.deepEqual(read("TE: trailers\r\nConnection: te\r\n").fields, []);
  });

  test("an upgrade is asked for by both Connection and Upgrade", () => {
    assert.equal(read("Connection: Upgrade\r\nUpgrade: WebSocket\r\n").upgrade, "websocket");
    assert.equal(read("Connection: upgrade\r\n").upgrade, undefined);
  });

  test("an offer of h2c is passed over, with its settings", () => {
    const message = read("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n");
    assert.equal(message.upgrade, undefined);
    assert.deepEqual(message.fields, []);
  });

  test("a connection stays in HTTP/1.1 unless told, in HTTP/1.0 only when told", () => {
    assert.equal(read("").persistent, true);
    assert.equal(read("Connection: CLOSE\r\n").persistent, false);
    assert.equal(read("", "1.0").persistent, false);
    assert.equal(read("Connection: Keep-Alive\r\n", "1.0").persistent, true);
    assert.equal(read("Connection: keep-alive, close\r\n", "1.0").persistent, false);
  });
});

test("fields of an answer that its Connection names are taken out as well, but none that only a thief would name", () => {
  const message = readResponse(
    "HTTP/1.1 200 OK\r\nX-A: 1\r\nSet-Cookie: b\r\nContent-Type: c\r\nKeep-Alive: timeout=5\r\n" +
      "Connection: x-a, set-cookie, content-type, content-length, keep-alive\r\nContent-Length: 3\r\n",
    defaultLimits,
  );
  assert.ok(!("refused" in message));
  assert.deepEqual(message.fields, ["Set-Cookie", "b", "Content-Type", "c"]);
  assert.equal(message.contentLength, 3);
});

test("a field is found and removed in any case of its letters, and only whole", () => {
  const fields = ["X-A", "1", "x-ab", "2", "x-a", "3"];
  assert.equal(fieldValue(fields, "x-a"), "1");
  assert.equal(fieldValue(fields, "x-b"), undefined);
  removeField(fields, "x-a");
  assert.deepEqual(fields, ["x-ab", "2"]);
});

test("a field is found in any case, whatever its name begins with", () => {
  const fields = ["_under", "1", "^hat", "2", "X-Up", "3", "x-low", "4", "0digit", "5"];
  const found = ["_under", "^hat", "x-up", "x-low", "0digit", "?under"].map((name) => fieldValue(fields, name));
  assert.deepEqual(found, ["1", "2", "3", "4", "5", undefined]);
});
