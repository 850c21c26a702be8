import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ChunkReader, lastChunkWith } from "./chunked.ts";

function read(text: string): {
  readonly data: string;
  readonly end: "done" | "failed" | "open";
  readonly rest: string;
  readonly trailers: readonly string[];
} {
  const reader = new ChunkReader();
  const bytes = Buffer.from(text, "latin1");
  let data = "";
  const at = reader.read(bytes, 0, bytes.length, {
    data: (given, start, end) => void (data += given.latin1Slice(start, end)),
  });
  return {
    data,
    end: reader.done ? "done" : reader.failed ? "failed" : "open",
    rest: bytes.latin1Slice(at),
    trailers: reader.trailers,
  };
}

describe("a chunked body", () => {
  test("ends behind its last chunk, and what follows is not its own", () => {
    const { data, end, rest } = read("3\r\nabc\r\n0\r\n\r\nGET /");
    assert.deepEqual({ data, end, rest }, { data: "abc", end: "done", rest: "GET /" });
  });

  test("may have sizes in any case and with zeros before", () => {
    assert.equal(read("0A\r\n0123456789\r\na\r\n0123456789\r\n00\r\n\r\n").data, "01234567890123456789");
  });

  test("loses its extensions", () => {
    const { data, end } = read('3;a=b;c="d;\\"e"\r\nabc\r\n1; f = g ;h\r\nd\r\n0;i\r\n\r\n');
    assert.deepEqual({ data, end }, { data: "abcd", end: "done" });
  });

  test("may sign each chunk, but not for ever without data", () => {
    const signed = `10000;s=${"a".repeat(1000)}\r\n${"x".repeat(0x10000)}\r\n`;
    assert.equal(read(`${signed.repeat(40)}0\r\n\r\n`).end, "done");
    assert.equal(read(`1;s=${"a".repeat(1000)}\r\nx\r\n`.repeat(17)).end, "failed");
  });

  test("offers its trailers, but for those that belong into a head", () => {
    const { trailers, end, rest } = read(
      "0\r\nGrpc-Status: 0\r\nX:\t y z \r\nContent-Length: 9\r\nhost: b\r\nEmpty:\r\n\r\nGET /",
    );
    assert.deepEqual({ end, rest }, { end: "done", rest: "GET /" });
    assert.deepEqual(trailers, ["Grpc-Status", "0", "X", "y z", "Empty", ""]);
    assert.equal(lastChunkWith(trailers), "0\r\nGrpc-Status: 0\r\nX: y z\r\nEmpty: \r\n\r\n");
    assert.equal(lastChunkWith([]), "0\r\n\r\n");
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
    ["a semicolon alone", "3;\r\nabc\r\n"],
    ["an extension that ends in a semicolon", "3;a;\r\nabc\r\n"],
    ["an extension without a name", "3;=a\r\nabc\r\n"],
    ["an extension without its value", "3;a=\r\nabc\r\n"],
    ["an extension in brackets", "3;[a]\r\nabc\r\n"],
    ["an extension with an open quote", '3;a="b\r\nabc\r\n'],
    ["an extension with a space at its end", "3;a \r\nabc\r\n"],
    ["an extension beyond ASCII", "3;\xe4\r\nabc\r\n"],
    ["a comma behind the size", "3,3\r\nabc\r\n"],
    ["data longer than its size", "3\r\nabcd\r\n"],
    ["data that ends in LF", "3\r\nabc\n0\r\n\r\n"],
    ["data that ends in CR and something else", "3\r\nabc\r0\r\n\r\n"],
    ["data that ends in two CR", "3\r\nabc\r\r0\r\n\r\n"],
    ["a last size that is empty", "3\r\nabc\r\n\r\n\r\n"],
    ["an extension without a size", "3\r\nabc\r\n;a\r\n\r\n"],
    ["a trailer with a bare LF", "0\r\nX: y\n\r\n"],
    ["a trailer with a bare CR", "0\r\nX: y\rZ: a\r\n\r\n"],
    ["a trailer without a colon", "0\r\nX\r\n\r\n"],
    ["a trailer without a name", "0\r\n: y\r\n\r\n"],
    ["a trailer with a space before its colon", "0\r\nX : y\r\n\r\n"],
    ["a trailer that is folded", "0\r\nX: y\r\n z\r\n\r\n"],
    ["a trailer with a space before it", "0\r\n X: y\r\n\r\n"],
    ["a request in the place of trailers", "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a hundred trailers and one", `0\r\n${"X: y\r\n".repeat(101)}\r\n`],
    ["a hundred trailers and one, all to be dropped", `0\r\n${"TE: y\r\n".repeat(101)}\r\n`],
    ["a trailer with NUL", "0\r\nX: \0\r\n\r\n"],
    ["a last line that ends in LF", "0\r\n\n"],
    ["trailers past their bound", `0\r\n${"X: y".repeat(2049)}`],
  ];
  for (const [what, text] of refused) {
    test(`is refused: ${what}`, () => {
      assert.equal(read(text).end, "failed");
    });
  }
});
