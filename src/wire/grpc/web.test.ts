import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { Base64Reader } from "./base64-reader.ts";
import { webFormOf, webTrailers, WebTextWriter } from "./web.ts";

const messageOf = (body: Uint8Array) => {
  const message = Buffer.alloc(5 + body.length);
  message.writeUInt32BE(body.length, 1);
  message.set(body, 5);
  return message;
};

/** Hands all of `bytes` on in pieces of these sizes, over and over. */
function inPieces(bytes: Buffer, sizes: readonly number[], take: (bytes: Buffer, start: number, end: number) => void) {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = Math.min(bytes.length, at + (sizes[turn % sizes.length] ?? 1));
    take(bytes, at, end);
    at = end;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

describe("gRPC-Web", () => {
  test("four content types are its own", () => {
    assert.equal(webFormOf("application/grpc-web"), "binary");
    assert.equal(webFormOf("application/grpc-web+proto"), "binary");
    assert.equal(webFormOf("application/grpc-web-text"), "text");
    assert.equal(webFormOf("application/grpc-web-text+proto"), "text");
    for (const type of ["application/grpc", "application/grpc-web+json", "application/grpc-web; a=b", "", undefined])
      assert.equal(webFormOf(type), undefined);
  });

  test("trailers are a frame of lines with names in lower case", () => {
    const frame = webTrailers(["Grpc-Status", "0", "grpc-message", "ok done"]);
    assert.equal(frame.latin1Slice(), "\x80\0\0\0\x25grpc-status:0\r\ngrpc-message:ok done\r\n");
  });

  test("each message is base64 of its own, in whatever pieces it comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 5 }), sizes, (bodies, cuts) => {
        const messages = bodies.map(messageOf);
        const writer = new WebTextWriter();
        let text = "";
        inPieces(Buffer.concat(messages), cuts, (bytes, start, end) => void (text += writer.write(bytes, start, end)));
        assert.equal(text + writer.end(), messages.map((message) => message.toString("base64")).join(""));
      }),
    );
  });

  test("nothing of a whole message waits", () => {
    const writer = new WebTextWriter();
    assert.equal(writer.write(messageOf(Buffer.from("hello")), 0, 10), "AAAAAAVoZWxsbw==");
    assert.equal(writer.write(messageOf(Buffer.from("hello")), 0, 9), "AAAAAAVoZWxs");
    assert.equal(writer.end(), "");
  });

  test("text reads as it was written, in whatever pieces it comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 5 }), sizes, (parts, cuts) => {
        const reader = new Base64Reader();
        const read: Buffer[] = [];
        const text = parts.map((part) => Buffer.from(part).toString("base64")).join("");
        inPieces(Buffer.from(text), cuts, (bytes, start, end) => {
          const piece = reader.read(bytes, start, end);
          assert(piece);
          read.push(piece);
        });
        assert.deepEqual(Buffer.concat(read), Buffer.concat(parts));
        assert(reader.whole);
      }),
    );
  });

  test("what no base64 means is refused", () => {
    for (const text of [
      "AA!A",
      "AAA ",
      "A===",
      "====",
      "=AAA",
      "AA=A",
      "AB==",
      "AAB=",
      "AAAAAAMB*A==",
      "AAA\n",
      "AA-_",
    ]) {
      assert.equal(new Base64Reader().read(Buffer.from(text), 0, text.length), undefined, text);
    }
    const short = new Base64Reader();
    assert.equal(short.read(Buffer.from("AAAAAAA"), 0, 7)?.length, 3);
    assert(!short.whole);
  });
});
