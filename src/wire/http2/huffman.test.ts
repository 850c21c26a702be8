import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { decodedBound, decodeHuffman, encodeHuffman, huffmanLength } from "./huffman.ts";

function encoded(text: string): Buffer {
  const into = Buffer.alloc(text.length * 4 + 4, 0xaa);
  const end = encodeHuffman(text, into, 1);
  assert.ok(
    into.subarray(end).every((octet) => octet === 0xaa),
    "written behind the end",
  );
  return into.subarray(1, end);
}

function decoded(octets: Buffer): string | undefined {
  const into = Buffer.alloc(decodedBound(octets.length));
  const length = decodeHuffman(octets, 0, octets.length, into);
  return length === -1 ? undefined : into.latin1Slice(0, length);
}
const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)) });

/** Codes of RFC 7541 appendix B, with their padding. */
const codes: readonly (readonly [text: string, hex: string])[] = [
  ["0", "07"],
  ["t", "4f"],
  [" ", "53"],
  ["u", "b7"],
  [":", "b9"],
  ["z", "f7"],
  ["&", "f8"],
  ["Z", "fd"],
  ["!", "fe3f"],
  ["|", "ff9f"],
  ["\0", "ffc7"],
  ["{", "fffd"],
  ["\\", "fffe1f"],
  ["\x80", "fffe6f"],
  ["\x01", "ffffb1"],
  ["\x09", "ffffea"],
  ["\xc7", "fffff67f"],
  ["\xc0", "fffff83f"],
  ["\xfe", "fffffe1f"],
  ["\x02", "fffffe2f"],
  ["\xf9", "ffffffef"],
  ["\x0a", "fffffff3"],
  ["\x16", "fffffffb"],
  ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
];

describe("Huffman's code", () => {
  for (const [text, hex] of codes) {
    test(`of ${JSON.stringify(text)} is ${hex}`, () => {
      assert.equal(encoded(text).toString("hex"), hex);
      assert.equal(decoded(Buffer.from(hex, "hex")), text);
    });
  }

  test("of any octets is read as what was written, and is as long as was said", () => {
    const holds = (text: string) => {
      const bytes = encoded(text);
      assert.equal(bytes.length, huffmanLength(text));
      assert.equal(decoded(bytes), text);
    };
    fc.assert(fc.property(latin1, holds), { numRuns: 500 });
    holds(Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join(""));
    holds("0".repeat(20_000));
  });

  test("of a string is the only one: other octets are refused, or are another string's", () => {
    const holds = (octets: Uint8Array) => {
      const text = decoded(Buffer.from(octets));
      if (text !== undefined) assert.deepEqual(encoded(text), Buffer.from(octets));
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), holds), { numRuns: 2000 });
  });
});
