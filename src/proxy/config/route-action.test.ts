import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { filterTypes, type RedirectAction, type Route as RouteMessage, type RouteAction } from "../../xds/index.ts";
import type { ForwardAction, RedirectRoute, RequestHead, Route } from "./contract.ts";
import { head, routed, tableOf } from "./fixtures.ts";

const context = {
  downstreamRemoteAddress: "10.0.0.1:1234",
  downstreamLocalAddress: "10.0.0.2:80",
  upstreamHost: "10.0.0.3:9080",
  protocol: "HTTP/1.1",
  routeName: "default",
};

function route(parts: Partial<RouteMessage>, request: RequestHead = head()): Route {
  const found = routed(tableOf({ match: { prefix: "/" }, ...parts }), request);
  assert.ok(found);
  return found;
}

function forward(
  action: Partial<RouteAction>,
  match: RouteMessage["match"] = { prefix: "/" },
  request = head(),
): ForwardAction {
  const { action: found } = route({ match, route: { cluster: "c", ...action } }, request);
  assert.ok(found.kind === "forward");
  return found;
}

function location(
  redirect: RedirectAction,
  request: RequestHead,
  match: RouteMessage["match"] = { prefix: "/" },
): string {
  return (route({ match, redirect }, request).action as RedirectRoute).location(request);
}

function applied(parts: Partial<RouteMessage>, headers: string[]): string[] {
  const request = head({ headers });
  route({ route: { cluster: "c" }, ...parts }).requestHeaders?.apply(headers, { ...context, request });
  return headers;
}

describe("weights", () => {
  test("clusters get shares by weight; a zero weight gets nothing unless it is alone", () => {
    const entries = [
      ["a", 80],
      ["none", 0],
      ["b", 20],
    ] as const;
    const clusters = entries.map(([name, weight]) => ({ name, weight }));
    const action = forward({ cluster: undefined, weighted_clusters: { clusters } } as never);
    const counts: Record<string, number> = {};
    for (let step = 0; step < 1000; step += 1) {
      const { cluster } = action.choose(step / 1000);
      counts[cluster] = (counts[cluster] ?? 0) + 1;
    }
    assert.deepEqual(counts, { a: 800, b: 200 });
    const alone = { clusters: [{ name: "only", weight: 0 }] };
    assert.equal(forward({ cluster: undefined, weighted_clusters: alone } as never).choose(0.5).cluster, "only");
  });
});

describe("rewrites", () => {
  const rewritten = (action: Partial<RouteAction>, match: RouteMessage["match"], path: string, query = "") =>
    forward(action, match, head({ path, query })).rewrite(head({ path, query }));

  test("a prefix match is replaced at its place; the query stays", () => {
    assert.equal(rewritten({ prefix_rewrite: "/new" }, { prefix: "/old" }, "/old/x", "q=1"), "/new/x?q=1");
    assert.equal(rewritten({ prefix_rewrite: "/" }, { prefix: "/x" }, "/x/a"), "//a");
    assert.equal(rewritten({ prefix_rewrite: "/any" }, { prefix: "/" }, "/q/w"), "/anyq/w");
  });

  test("an exact or pattern match is replaced whole", () => {
    assert.equal(rewritten({ prefix_rewrite: "/new" }, { path: "/old" }, "/old", "q"), "/new?q");
    assert.equal(rewritten({ prefix_rewrite: "/new" }, { safe_regex: { regex: "/o.*" } }, "/old/x"), "/new");
  });

  test("a pattern replaces every match, with groups", () => {
    const rewrite = { pattern: { regex: "/v(\\d)/([a-z]+)" }, substitution: "/\\2-\\1" };
    assert.equal(rewritten({ regex_rewrite: rewrite }, { prefix: "/" }, "/v1/ab/v2/c", "q"), "/ab-1/c-2?q");
    assert.equal(rewritten({}, { prefix: "/" }, "/x"), undefined);
  });

  test("a group the pattern does not have is refused", () => {
    const rewrite = { pattern: { regex: "/v" }, substitution: "\\1" };
    assert.throws(() => forward({ regex_rewrite: rewrite }), /routes\[0\].*names no group/);
  });
});

describe("redirects", () => {
  const request = head({ authority: "shop.com:8080", path: "/a/b", query: "q=1" });

  test("a new path keeps the query unless it brings its own or the query is to be stripped", () => {
    assert.equal(location({ path_redirect: "/x" }, request), "http://shop.com:8080/x?q=1");
    assert.equal(location({ path_redirect: "/x?y" }, request), "http://shop.com:8080/x?y");
    assert.equal(location({ path_redirect: "/x", strip_query: true }, request), "http://shop.com:8080/x");
  });

  test("a prefix is swapped", () => {
    assert.equal(location({ prefix_rewrite: "/z" }, request, { prefix: "/a" }), "http://shop.com:8080/z/b?q=1");
  });

  test("the request's port stays unless host or port are replaced", () => {
    assert.equal(location({ host_redirect: "other.com" }, request), "http://other.com/a/b?q=1");
    assert.equal(location({ port_redirect: 9 }, request), "http://shop.com:9/a/b?q=1");
  });

  test("a scheme that changes drops the default port of the old one", () => {
    assert.equal(location({ https_redirect: true }, head({ authority: "shop.com:80" })), "https://shop.com/");
    assert.equal(location({ scheme_redirect: "https" }, head({ authority: "shop.com:81" })), "https://shop.com:81/");
  });

  test("the status is 301 unless another is asked for", () => {
    const status = (redirect: RedirectAction) => (route({ redirect }).action as RedirectRoute).status;
    assert.equal(status({}), 301);
    assert.equal(status({ response_code: "PERMANENT_REDIRECT" }), 308);
  });
});

describe("rewrites stay targets", () => {
  const to = (substitution: string, regex = "^/.*$") =>
    forward({ regex_rewrite: { pattern: { regex }, substitution } }).rewrite(head({ path: "/a", query: "q" }));

  test("they begin with a slash, and one that leaves nothing is none", () => {
    assert.equal(to("b"), "/b?q");
    assert.equal(to(""), undefined);
  });

  test("what may not stand in a target is escaped, and what ends a line refused", () => {
    assert.equal(to("/x y\u010a"), "/x%20y%C4%8A?q");
    assert.throws(() => to("/x\r\n"), /routes\[0\]/);
    assert.throws(() => forward({ host_rewrite_literal: "a\nb" }), /routes\[0\]/);
    assert.equal(location({ host_redirect: "h", path_redirect: "/\u00e9" }, head()), "http://h/%C3%A9");
  });
});

describe("direct responses", () => {
  test("a body is text or bytes", () => {
    const body = (given: object) => route({ direct_response: { status: 418, body: given } }).action;
    assert.deepEqual(body({ inline_string: "tea" }), {
      kind: "direct",
      status: 418,
      body: Buffer.from("tea"),
      contentType: "text/plain",
    });
    assert.deepEqual((body({ inline_bytes: "dGVh" }) as { body: Buffer }).body.toString(), "tea");
  });
});

describe("header operations", () => {
  const set = (key: string, value: string, append_action?: "OVERWRITE_IF_EXISTS_OR_ADD" | "ADD_IF_ABSENT") => ({
    header: { key, value },
    ...(append_action ? { append_action } : {}),
  });

  test("removals first, then overwriting, then appending, without case", () => {
    const parts = {
      request_headers_to_remove: ["Gone"],
      request_headers_to_add: [set("x", "added"), set("X", "set", "OVERWRITE_IF_EXISTS_OR_ADD")],
    };
    assert.deepEqual(applied(parts, ["x", "old", "gone", "1", "X", "older", "y", "2"]), [
      "y",
      "2",
      "X",
      "set",
      "x",
      "added",
    ]);
  });

  test("add if absent leaves what is there; an empty value is ignored", () => {
    const parts = {
      request_headers_to_add: [set("a", "new", "ADD_IF_ABSENT"), set("b", ""), set("c", "3", "ADD_IF_ABSENT")],
    };
    assert.deepEqual(applied(parts, ["A", "old"]), ["A", "old", "c", "3"]);
  });

  test(":authority is Host; Host cannot be removed", () => {
    const parts = {
      request_headers_to_add: [set(":authority", "new", "OVERWRITE_IF_EXISTS_OR_ADD")],
      request_headers_to_remove: ["host"],
    };
    assert.deepEqual(applied(parts, ["Host", "old"]), ["host", "new"]);
    assert.deepEqual(applied({ request_headers_to_remove: ["host"] }, ["Host", "old"]), ["Host", "old"]);
  });

  test("operators are filled in; %% is a percent sign", () => {
    const value = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%|%REQ(X-A?X-B)%|%PROTOCOL%|100%%";
    assert.deepEqual(applied({ request_headers_to_add: [set("v", value)] }, ["x-b", "b"]).slice(2), [
      "v",
      "10.0.0.1|b|HTTP/1.1|100%",
    ]);
  });

  test("the request's own parts have names too, and of an answer there is nothing yet", () => {
    const value = "%REQ(:METHOD)% %REQ(:PATH)% %REQ(HOST)% %RESP(X-B)%";
    assert.deepEqual(
      applied({ request_headers_to_add: [set("v", value)] }, ["x-b", "b"]).at(-1),
      "GET / reviews:9080 ",
    );
  });

  test("an answer's values may come from the request and from the answer", () => {
    const value = "%REQ(X-A)%|%RESP(X-A)%";
    const { responseHeaders } = route({ route: { cluster: "c" }, response_headers_to_add: [set("v", value)] });
    const headers = ["x-a", "answered"];
    responseHeaders?.apply(headers, { ...context, request: head({ fields: { "x-a": "asked" } }) });
    assert.equal(headers.at(-1), "asked|answered");
  });

  test("what is no ASCII goes out as UTF-8, a byte a character: none can end a line", () => {
    const value = applied({ request_headers_to_add: [set("v", "\u010d\u010ax: 1")] }, []).at(-1) ?? "";
    assert.equal(value, Buffer.from("\u010d\u010ax: 1").latin1Slice());
  });

  test("names and values that would break a head are refused", () => {
    for (const [key, value] of [
      ["a b", "v"],
      ["a\r\nb", "v"],
      ["", "v"],
      ["a", "v\r\nx: 1"],
      ["a", "v\u0000"],
    ] as const) {
      assert.throws(() => applied({ request_headers_to_add: [set(key, value)] }, []), /routes\[0\]/);
    }
  });

  test("an unknown operator and a lone % are refused", () => {
    for (const value of ["%NOPE%", "50%"]) {
      assert.throws(() => applied({ request_headers_to_add: [set("v", value)] }, []), /routes\[0\]/);
    }
  });
});

describe("timeouts, faults, retries", () => {
  test("no timeout means Envoy's 15 s, 0s means none", () => {
    assert.equal(forward({}).timeout, 15_000);
    assert.equal(forward({ timeout: "0s" }).timeout, 0);
    assert.equal(forward({ timeout: "0.5s" }).timeout, 500);
  });

  test("a fault delays and aborts its shares", () => {
    const fault = {
      "@type": filterTypes.fault,
      delay: { fixed_delay: "7s", percentage: { numerator: 100 } },
      abort: { http_status: 500, percentage: { numerator: 5000, denominator: "TEN_THOUSAND" } },
    } as const;
    const found = route({
      route: { cluster: "c" },
      typed_per_filter_config: { "envoy.filters.http.fault": fault },
    }).fault;
    assert.deepEqual(found, {
      delay: { milliseconds: 7000, share: 1 },
      abort: { status: 500, grpcStatus: undefined, share: 0.5 },
    });
  });

  const retry = (retry_on: string, more: object = {}) => forward({ retry_policy: { retry_on, ...more } }).retry;

  test("retry_on's words say what is retried", () => {
    assert.equal(retry("5xx")?.onStatus(503), true);
    assert.equal(retry("gateway-error")?.onStatus(500), false);
    assert.equal(retry("gateway-error")?.onStatus(504), true);
    assert.equal(retry("gateway-error")?.onReset, true);
    assert.equal(retry("retriable-4xx")?.onStatus(409), true);
    assert.deepEqual([retry("connect-failure")?.onConnectFailure, retry("connect-failure")?.onReset], [true, false]);
  });

  test("status codes count only beside retriable-status-codes; Istio's default does not retry 503", () => {
    const istio = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
    assert.equal(retry(istio)?.onStatus(503), false);
    assert.equal(retry(istio, { retriable_status_codes: [503] })?.onStatus(503), true);
    assert.equal(retry("reset", { retriable_status_codes: [503] })?.onStatus(503), false);
  });

  test("attempts 0 is no retry, an unknown word is refused", () => {
    assert.equal(retry("5xx", { num_retries: 0 }), undefined);
    assert.equal(retry("5xx")?.attempts, 1);
    assert.throws(() => retry("sometimes"), /"sometimes" is not supported/);
  });

  test("the n-th retry waits up to (2^n − 1) × 25 ms, at most 250 ms", () => {
    const rules = retry("5xx");
    assert.deepEqual(
      [1, 2, 3, 4, 10].map((attempt) => rules?.delay(attempt, 1)),
      [25, 75, 175, 250, 250],
    );
    assert.equal(rules?.delay(3, 0), 0);
    const own = { retry_back_off: { base_interval: "0.1s", max_interval: "0.15s" } };
    assert.deepEqual(
      [1, 2].map((attempt) => retry("5xx", own)?.delay(attempt, 1)),
      [100, 150],
    );
  });

  test("mirrors get all requests unless a share is given", () => {
    const policies = [{ cluster: "a" }, { cluster: "b", runtime_fraction: { default_value: { numerator: 10 } } }];
    assert.deepEqual(forward({ request_mirror_policies: policies }).mirrors, [
      { cluster: "a", share: 1 },
      { cluster: "b", share: 0.1 },
    ]);
  });
});

describe("cors", () => {
  const policy = {
    "@type": filterTypes.corsPolicy,
    allow_origin_string_match: [{ suffix: ".example.com" }],
    allow_methods: "GET,PUT",
    allow_headers: "x-a",
    expose_headers: "x-b",
    max_age: "60",
    allow_credentials: true,
  } as const;
  const { cors } = route({ route: { cluster: "c" }, typed_per_filter_config: { "envoy.filters.http.cors": policy } });
  const origin = "https://www.example.com";

  test("a preflight from an allowed origin gets methods, headers and age, with the origin echoed", () => {
    const fields = { origin, "access-control-request-method": "DELETE" };
    assert.deepEqual(cors?.evaluate(head({ method: "OPTIONS", fields })), {
      preflight: true,
      headers: [
        ["access-control-allow-origin", origin],
        ["access-control-allow-credentials", "true"],
        ["access-control-allow-methods", "GET,PUT"],
        ["access-control-allow-headers", "x-a"],
        ["access-control-max-age", "60"],
      ].flat(),
    });
  });

  test("an answer gets the exposed headers; other origins and same-origin requests get nothing", () => {
    assert.deepEqual(cors?.evaluate(head({ fields: { origin } }))?.headers.slice(-2), [
      "access-control-expose-headers",
      "x-b",
    ]);
    assert.equal(cors?.evaluate(head({ fields: { origin: "https://example.org" } })), undefined);
    assert.equal(cors?.evaluate(head()), undefined);
    assert.equal(cors?.forwardUnmatchedPreflights, true);
  });
});

describe("hash policies", () => {
  test("header, cookie, query parameter or source address give the key", () => {
    const key = (policy: object, request: RequestHead) => forward({ hash_policy: [policy] }).hash(request, "10.0.0.9");
    assert.equal(key({ header: { header_name: "X-User" } }, head({ fields: { "x-user": "u" } })), "u");
    assert.equal(key({ cookie: { name: "s" } }, head({ fields: { cookie: 'a=1; s="2"' } })), "2");
    assert.equal(key({ query_parameter: { name: "q" } }, head({ query: "q=3" })), "3");
    assert.equal(key({ connection_properties: { source_ip: true } }, head()), "10.0.0.9");
    assert.equal(key({ header: { header_name: "x" } }, head()), undefined);
  });
});
