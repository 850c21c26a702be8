import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ChunkReader } from "./chunked.ts";

function read(text: string): {
  readonly data: string;
  readonly end: "done" | "failed" | "open";
  readonly rest: string;
} {
  const reader = new ChunkReader();
  const bytes = Buffer.from(text, "latin1");
  let data = "";
  const at = reader.read(bytes, 0, bytes.length, {
    data: (given, start, end) => void (data += given.latin1Slice(start, end)),
  });
  return { data, end: reader.done ? "done" : reader.failed ? "failed" : "open", rest: bytes.latin1Slice(at) };
}

describe("a chunked body", () => {
  test("ends behind its last chunk, and what follows is not its own", () => {
    assert.deepEqual(read("3\r\nabc\r\n0\r\n\r\nGET /"), { data: "abc", end: "done", rest: "GET /" });
  });

  test("may have sizes in any case and with zeros before", () => {
    assert.equal(read("0A\r\n0123456789\r\na\r\n0123456789\r\n00\r\n\r\n").data, "01234567890123456789");
  });

  test("loses its extensions and trailers", () => {
    const { data, end } = read('3;a=b;c="d;e"\r\nabc\r\n0;f\r\nContent-Length: 9\r\nHost: b\r\n\r\n');
    assert.deepEqual({ data, end }, { data: "abc", end: "done" });
  });

  test("may have 13 digits of size, and waits for its bytes", () => {
    assert.equal(read("fffffffffffff\r\nabc").end, "open");
  });

  const refused: readonly (readonly [what: string, text: string])[] = [
    ["no size", "\r\nabc\r\n"],
    ["a size that is none", "g\r\n"],
    ["a signed size", "+3\r\nabc\r\n"],
    ["a negative size", "-1\r\n"],
    ["a size with 0x", "0x3\r\nabc\r\n"],
    ["a size with an underscore", "1_0\r\n"],
    ["a size past 2^53", "20000000000000\r\n"],
    ["a size past 2^64", "10000000000000003\r\nabc\r\n"],
    ["zeros without end", "0".repeat(14)],
    ["a space behind the size", "3 \r\nabc\r\n"],
    ["a space before the size", " 3\r\nabc\r\n"],
    ["a tab behind the size", "3\t\r\nabc\r\n"],
    ["a size that ends in LF", "3\nabc\r\n"],
    ["a size that ends in CR", "3\rabc\r\n"],
    ["an extension with a bare LF", "3;a\nabc\r\n"],
    ["an extension with a bare CR", "3;a\rb\r\nabc\r\n"],
    ["an extension with NUL", "3;\0\r\nabc\r\n"],
    ["an extension with DEL", "3;\x7f\r\nabc\r\n"],
    ["an extension past its bound", `3;${"a".repeat(1025)}`],
    ["data longer than its size", "3\r\nabcd\r\n"],
    ["data that ends in LF", "3\r\nabc\n0\r\n\r\n"],
    ["data that ends in CR and something else", "3\r\nabc\r0\r\n\r\n"],
    ["a trailer with a bare LF", "0\r\nX: y\n\r\n"],
    ["a trailer with a bare CR", "0\r\nX: y\rZ: a\r\n\r\n"],
    ["a trailer with NUL", "0\r\nX: \0\r\n\r\n"],
    ["a last line that ends in LF", "0\r\n\n"],
    ["trailers past their bound", `0\r\n${"X: y\r\n".repeat(1400)}`],
  ];
  for (const [what, text] of refused) {
    test(`is refused: ${what}`, () => {
      assert.equal(read(text).end, "failed");
    });
  }
});
