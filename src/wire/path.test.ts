import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { normalizePath } from "./path.ts";

describe("the one form of a path", () => {
  const cases: readonly (readonly [path: string, form: string | undefined, merged?: string])[] = [
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/a/./b", "/a/b"],
    ["/a/../b", "/b"],
    ["/a/b/..", "/a/"],
    ["/a/b/.", "/a/b/"],
    ["/.", "/"],
    ["/a/..", "/"],
    ["/..", undefined],
    ["/a/../../b", undefined],
    ["/%2e%2E/b", undefined],
    ["/a/%2e%2e/b", "/b"],
    ["/a/.%2e/b", "/b"],
    ["/a\\..\\b", "/b"],
    ["/.well-known/x", "/.well-known/x"],
    ["/a/...", "/a/..."],
    ["/a/..b", "/a/..b"],
    ["/a/..;x=1/b", "/b"],
    ["/a/%2e%2e;/b", "/b"],
    ["/a/.;x/b;y", "/a/b;y"],
    ["/a/...;/b", "/a/...;/b"],
    ["/..;/b", undefined],
    ['/a"<>^`{|}b', "/a%22%3C%3E%5E%60%7B%7C%7Db"],
    ["/%61dmin", "/admin"],
    ["/%7euser", "/~user"],
    ["/a%2fb", "/a%2Fb"],
    ["/a%2f..%2fb", "/a%2F..%2Fb"],
    ["/a%5c..%5cb", "/a%5C..%5Cb"],
    ["/%252e%252e/b", "/%252e%252e/b"],
    ["/a%00b", undefined],
    ["/a%", undefined],
    ["/a%4", undefined],
    ["/a%zz", undefined],
    ["/a//b", "/a//b", "/a/b"],
    ["//a", "//a", "/a"],
    ["/a//../b", "/a/b", "/b"],
    ["/a\\/b", "/a//b", "/a/b"],
  ];
  for (const [path, form, merged = form] of cases) {
    test(`of ${path} is ${form ?? "none"}${merged === form ? "" : `, ${merged} where slashes are merged`}`, () => {
      assert.equal(normalizePath(path, false), form);
      assert.equal(normalizePath(path, true), merged);
    });
  }

  const part = fc.constantFrom(
    "/",
    "/",
    ".",
    "..",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "\\",
    "a",
    "%61",
    "%25",
    "%",
    "%41",
    "~",
    "%c3%a9",
  );
  const paths = fc.array(part, { maxLength: 16 }).map((parts) => `/${parts.join("")}`);

  test("is its own one form", () => {
    const holds = (path: string, merge: boolean) => {
      const form = normalizePath(path, merge);
      if (form !== undefined) assert.equal(normalizePath(form, merge), form);
    };
    fc.assert(fc.property(paths, fc.boolean(), holds), { numRuns: 2000 });
  });

  test("never leaves the root, and has no dots to follow", () => {
    const holds = (path: string, merge: boolean) => {
      const form = normalizePath(path, merge);
      if (form === undefined) return;
      assert.match(form, /^\//);
      assert.doesNotMatch(form, /\/(?:\.|%2e){1,2}(?:\/|$)|\\/i);
      assert.ok(!merge || !form.includes("//"));
    };
    fc.assert(fc.property(paths, fc.boolean(), holds), { numRuns: 2000 });
  });
});
