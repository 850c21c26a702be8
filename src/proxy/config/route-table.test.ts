import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { HeaderMatcher, QueryParameterMatcher, RouteMatch } from "../../xds/index.ts";
import type { RequestHead } from "./contract.ts";
import { head, hostOf, routed, tableOf, toCluster } from "./fixtures.ts";
import { fullMatch, pattern, stringTest } from "./pattern.ts";

const matches = (match: RouteMatch, request: RequestHead, random = 0) =>
  routed(tableOf({ match, ...toCluster("c") }), request, random) !== undefined;
const matchesHeaders = (matcher: HeaderMatcher, headers: readonly string[]) =>
  matches({ prefix: "/", headers: [matcher] }, head({ headers }));
const matchesQuery = (matcher: QueryParameterMatcher, query: string) =>
  matches({ prefix: "/", query_parameters: [matcher] }, head({ query }));

describe("virtual hosts", () => {
  const hosts = (...domains: string[]) => ({
    name: "table",
    ignore_port_in_host_matching: true,
    virtual_hosts: domains.map((domain) => hostOf([domain], { match: { prefix: "/" }, ...toCluster(domain) })),
  });
  const chosen = (message: ReturnType<typeof hosts>, authority: string) =>
    routed(message, head({ authority }))?.virtualHost;

  test("exact beats the longest suffix wildcard, that beats prefix wildcards, and those beat *", () => {
    const all = hosts("*", "www.*", "*.com", "*.shop.com", "www.shop.com");
    assert.equal(chosen(all, "www.shop.com"), "www.shop.com");
    assert.equal(chosen(all, "www.a.shop.com"), "*.shop.com");
    assert.equal(chosen(all, "www.example.com"), "*.com");
    assert.equal(chosen(all, "www.example.org"), "www.*");
    assert.equal(chosen(all, "x.org"), "*");
  });

  test("a wildcard stands for at least one character", () => {
    assert.equal(chosen(hosts("*.shop.com"), ".shop.com"), undefined);
    assert.equal(chosen(hosts("shop.*"), "shop."), undefined);
  });

  test("the case of a host does not matter, nor its port when the table says so", () => {
    assert.equal(chosen(hosts("Reviews"), "rEVIEWS:9080"), "Reviews");
    assert.equal(chosen(hosts("[::1]"), "[::1]:80"), "[::1]");
    const strict = { ...hosts("reviews"), ignore_port_in_host_matching: false };
    assert.equal(chosen(strict, "reviews:9080"), undefined);
    assert.equal(chosen(strict, "reviews"), "reviews");
  });

  test("an unknown host has no route", () => {
    assert.equal(chosen(hosts("reviews"), "ratings"), undefined);
  });

  test("a domain twice is refused", () => {
    assert.throws(() => routed(hosts("a", "A"), head()), /two hosts have the domain a/);
  });

  test("hosts without number do not grow the process: what was looked up stays right", () => {
    const table = hosts("*.example.com");
    for (let index = 0; index < 3000; index += 1) assert.equal(chosen(table, `h${index}.example.com`), "*.example.com");
  });
});

describe("paths", () => {
  test("an exact path is the whole path; a prefix is any beginning, not a segment", () => {
    assert.equal(matches({ path: "/v2" }, head({ path: "/v2" })), true);
    assert.equal(matches({ path: "/v2" }, head({ path: "/v2/" })), false);
    assert.equal(matches({ prefix: "/v2" }, head({ path: "/v2x" })), true);
    assert.equal(matches({ prefix: "/v2" }, head({ path: "/v" })), false);
  });

  test("a separated prefix ends at a segment", () => {
    for (const [path, expected] of [
      ["/shop", true],
      ["/shop/cart", true],
      ["/shopping", false],
    ] as const) {
      assert.equal(matches({ path_separated_prefix: "/shop" }, head({ path })), expected, path);
    }
  });

  test("a regular expression must match the whole path, and never sees the query", () => {
    const regex = (source: string): RouteMatch => ({ safe_regex: { regex: source } });
    assert.equal(matches(regex("/a+"), head({ path: "/aaa", query: "q" })), true);
    assert.equal(matches(regex("/a+"), head({ path: "/aaab" })), false);
    assert.equal(matches(regex("/.*/x"), head({ path: "/1/2/x" })), true);
  });

  test("case may be ignored for exact paths and prefixes", () => {
    assert.equal(matches({ path: "/Books", case_sensitive: false }, head({ path: "/bOOKS" })), true);
    assert.equal(matches({ prefix: "/Books", case_sensitive: false }, head({ path: "/bOOKS/1" })), true);
    assert.equal(matches({ prefix: "/Books" }, head({ path: "/books" })), false);
  });

  test("the first matching route wins", () => {
    const table = tableOf(
      { name: "one", match: { prefix: "/a" }, ...toCluster("c") },
      { name: "two", match: { prefix: "/" }, ...toCluster("c") },
    );
    assert.equal(routed(table, head({ path: "/ab" }))?.name, "one");
    assert.equal(routed(table, head({ path: "/b" }))?.name, "two");
  });

  test("a runtime fraction lets its share through", () => {
    const match: RouteMatch = { prefix: "/", runtime_fraction: { default_value: { numerator: 25 } } };
    assert.equal(matches(match, head(), 0.249), true);
    assert.equal(matches(match, head(), 0.25), false);
  });
});

describe("patterns", () => {
  test("the quick ways agree with the engine", () => {
    const piece = fc.constantFrom("a", "b", "/", ".*", "^", "$", "\\.", "a+", "x");
    const value = fc.array(fc.constantFrom("a", "b", "/", ".", "x"), { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), value, (pieces, text) => {
        const source = pieces.join("");
        let engine;
        try {
          engine = pattern(source);
        } catch {
          assert.throws(() => fullMatch(source));
          return;
        }
        assert.equal(fullMatch(source)(text), engine.matches(text), source);
      }),
      { numRuns: 500 },
    );
  });

  test("what RE2 does not know is refused, and a pattern made to explode does not", () => {
    assert.throws(() => fullMatch("(?=x)"));
    assert.throws(() => fullMatch("(a)\\1"));
    assert.equal(fullMatch("(a+)+b")("a".repeat(5000)), false);
  });

  test("strings match exactly, by prefix, suffix, content or pattern, with or without case", () => {
    assert.equal(stringTest({ exact: "Jason" })("jason"), false);
    assert.equal(stringTest({ exact: "Jason", ignore_case: true })("jASON"), true);
    assert.equal(stringTest({ prefix: "ja" })("jason"), true);
    assert.equal(stringTest({ suffix: "ON", ignore_case: true })("jason"), true);
    assert.equal(stringTest({ contains: "aso" })("jason"), true);
    assert.equal(stringTest({ safe_regex: { regex: "j.*n" } })("jason!"), false);
  });
});

describe("headers", () => {
  const exact = { name: "x", string_match: { exact: "one" } };

  test("names are compared without case, values with it", () => {
    assert.equal(matchesHeaders({ name: "end-user", string_match: { exact: "jason" } }, ["End-User", "jason"]), true);
    assert.equal(matchesHeaders({ name: "end-user", string_match: { exact: "jason" } }, ["end-user", "Jason"]), false);
  });

  test("of a repeated header one value is enough, each seen by itself; a joined one is not taken apart", () => {
    assert.equal(matchesHeaders(exact, ["x", "two", "x", "one"]), true);
    assert.equal(matchesHeaders(exact, ["x", "one,two"]), false);
  });

  test("presence: an empty value counts; inverted it means absence", () => {
    assert.equal(matchesHeaders({ name: "x", present_match: true }, ["x", ""]), true);
    assert.equal(matchesHeaders({ name: "x", present_match: true }, []), false);
    assert.equal(matchesHeaders({ name: "x", present_match: true, invert_match: true }, []), true);
    assert.equal(matchesHeaders({ name: "x", present_match: true, invert_match: true }, ["x", ""]), false);
  });

  test("a missing header matches nothing, not even inverted, unless it is taken as empty", () => {
    assert.equal(matchesHeaders({ ...exact, invert_match: true }, []), false);
    assert.equal(matchesHeaders({ ...exact, invert_match: true, treat_missing_header_as_empty: true }, []), true);
    assert.equal(matchesHeaders({ ...exact, treat_missing_header_as_empty: true }, []), false);
    const anything = { name: "x", string_match: { safe_regex: { regex: ".*" } }, invert_match: true };
    assert.equal(matchesHeaders({ ...anything, treat_missing_header_as_empty: true }, []), false);
  });

  test("inverted, no value of a repeated header may match", () => {
    assert.equal(matchesHeaders({ ...exact, invert_match: true }, ["x", "two", "x", "one"]), false);
    assert.equal(matchesHeaders({ ...exact, invert_match: true }, ["x", "two"]), true);
  });

  test("pseudo headers are the request's own parts", () => {
    const asked = head({ method: "PUT", authority: "a.b", scheme: "https", path: "/p", query: "q=1" });
    for (const [name, value] of [
      [":method", "PUT"],
      [":authority", "a.b"],
      [":scheme", "https"],
      [":path", "/p?q=1"],
    ] as const) {
      assert.equal(matches({ prefix: "/", headers: [{ name, string_match: { exact: value } }] }, asked), true, name);
      assert.equal(matches({ prefix: "/", headers: [{ name, string_match: { exact: "x" } }] }, asked), false, name);
    }
  });

  test("all conditions of a route must hold", () => {
    const match: RouteMatch = { prefix: "/", headers: [exact, { name: "y", present_match: true }] };
    assert.equal(matches(match, head({ fields: { x: "one" } })), false);
    assert.equal(matches(match, head({ fields: { x: "one", y: "" } })), true);
  });
});

describe("query parameters", () => {
  test("the first value counts, undecoded", () => {
    assert.equal(matchesQuery({ name: "p", string_match: { exact: "1" } }, "p=1&p=2"), true);
    assert.equal(matchesQuery({ name: "p", string_match: { exact: "2" } }, "p=1&p=2"), false);
    assert.equal(matchesQuery({ name: "p", string_match: { exact: "a b" } }, "p=a%20b"), false);
  });

  test("?p equals ?p=, and both are presence", () => {
    for (const query of ["p", "p=", "x&p"]) {
      assert.equal(matchesQuery({ name: "p", present_match: true }, query), true, query);
      assert.equal(matchesQuery({ name: "p", string_match: { exact: "" } }, query), true, query);
    }
    assert.equal(matchesQuery({ name: "p", present_match: true }, "pp=1&xp"), false);
    assert.equal(matchesQuery({ name: "p", string_match: { exact: "" } }, ""), false);
  });
});
