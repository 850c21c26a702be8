import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { readAuthority } from "./authority.ts";

const long = (length: number) => "abcdefghi.".repeat(26).slice(0, length);

describe("an authority", () => {
  const taken: readonly (readonly [text: string, form?: string])[] = [
    ["a"],
    ["a.b"],
    ["a.b."],
    ["A-b_c.example"],
    ["shop.example:8080"],
    ["a:0"],
    ["a:1"],
    ["a:65535"],
    ["a:", "a"],
    ["127.0.0.1"],
    ["127.0.0.1:80"],
    ["1.2.3.4.5"],
    ["[::1]"],
    ["[::1]:80"],
    ["[::1]:", "[::1]"],
    ["[2001:DB8::a]:65535"],
    ["[::ffff:127.0.0.1]"],
    ["~a!$&'()*+;=b"],
    ["xn--bcher-kva.example"],
    ["b%c3%bccher.example", "b%C3%BCcher.example"],
    ["%61.%5Fb", "a._b"],
    [long(255)],
    [`${long(255)}:80`],
  ];
  for (const [text, form = text] of taken) {
    test(`is ${text.slice(0, 40)}`, () => {
      assert.equal(readAuthority(text), form);
    });
  }

  const refused: readonly string[] = [
    "",
    ":80",
    ".",
    ".a",
    "a..b",
    "a..",
    "..",
    "%2e%2e",
    "a%2e.b",
    "a b",
    "a\tb",
    "a,b",
    "a, b",
    "a@b",
    "me:pw@a",
    "@a",
    "a/b",
    "a/",
    "a?b",
    "a#b",
    "a\\b",
    '"a"',
    "<a>",
    "{a}",
    "a|b",
    "a^b",
    "a`b",
    "http://a",
    "a:b",
    "a:8o",
    "a:+80",
    "a:-1",
    "a: 80",
    "a:80:80",
    "a:80,b:80",
    "a:65536",
    "a:99999",
    "a:100000",
    "a:080",
    "a:00",
    "a::80",
    "::1",
    "::1:80",
    "[::1",
    "::1]",
    "[]",
    "[]:80",
    "[a]",
    "[1]",
    "[1.2.3.4]",
    "[::g]",
    "[:::]",
    "[1::2::3]",
    "[::12345]",
    "[1:2:3:4:5:6:7]",
    "[1:2:3:4:5:6:7:8:9]",
    "[::256.0.0.1]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[v1.a]",
    "[::1]a",
    "a[::1]",
    "[[::1]]",
    "[::1]:65536",
    "[::1]:x",
    "a[b",
    "a]b",
    "%",
    "a%",
    "a%4",
    "a%zz",
    "a%00b",
    "a%0d%0ab",
    "a%20b",
    "a%2fb",
    "a%40b",
    "a%3a80",
    "a%2cb",
    "a%25b",
    "\xe4",
    long(256),
    "a".repeat(70_000),
  ];
  for (const text of refused) {
    test(`is not ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.equal(readAuthority(text), undefined);
    });
  }

  const part = fc.constantFrom("a", ".", "-", "_", "%41", "%c3%a9", "%2e", ":", "80", "0", "[", "]", "::", "1", "~");
  test("has one form, which is its own", () => {
    const holds = (pieces: readonly string[]) => {
      const form = readAuthority(pieces.join(""));
      if (form !== undefined) assert.equal(readAuthority(form), form);
    };
    fc.assert(fc.property(fc.array(part, { maxLength: 10 }), holds), { numRuns: 2000 });
  });
});
