import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { filterTypes, type HeaderValueOption, type Route } from "../xds/index.ts";
import { cluster, talk, toCluster } from "./fixture.ts";
import { eventually, get, ok, pause, TestGateway } from "./gateway-fixture.ts";

const gateway = new TestGateway();
/** What the origin saw. */
let seen = "";
/** How it answers, on connections of earlier tests too. */
let answer = (socket: Socket): void => void socket.write(ok);
before(() => gateway.start());
beforeEach(() => {
  seen = "";
  answer = (socket) => void socket.write(ok);
  gateway.accept = (socket) =>
    void socket.on("data", (bytes) => {
      seen += bytes.toString("latin1");
      answer(socket);
    });
});
after(() => gateway.close());

const whole = (text: string) =>
  text.endsWith("ok") || /\r\n\r\n[^]*\S$/.test(text) || text.endsWith("length: 0\r\n\r\n");
const ask = (text = get) => talk(gateway.port, text, whole);
const request = (lines: string, method = "GET") => `${method} / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const with_ = (route: Partial<Route>): readonly Route[] => [{ ...toCluster("origin"), ...route }];
const option = (
  key: string,
  value: string,
  append_action: NonNullable<HeaderValueOption["append_action"]> = "OVERWRITE_IF_EXISTS_OR_ADD",
): HeaderValueOption => ({ header: { key, value }, append_action });

describe("tries", () => {
  const retry = (per_try_timeout: string, num_retries: number) => ({
    routes: [toCluster("origin", { retry_policy: { retry_on: "5xx", num_retries, per_try_timeout } })],
  });

  test("that take too long are given up, and another one is made", async () => {
    let tries = 0;
    answer = (socket) => {
      tries += 1;
      if (tries === 2) socket.write(ok);
    };
    await gateway.serve(retry("0.05s", 1));
    assert.match(await ask(), /^HTTP\/1\.1 200 /);
    assert.equal(tries, 2);
  });

  test("that all take too long end in 504, and leave no connection", async () => {
    let tries = 0;
    answer = () => void (tries += 1);
    await gateway.serve(retry("0.03s", 2));
    assert.match(await ask(), /^HTTP\/1\.1 504 [^]*upstream request timeout$/);
    assert.equal(tries, 3);
    await eventually("no connection waits", () => gateway.open.size === 0);
  });

  test("are not made again once as many as the cluster allows are pending", async () => {
    let tries = 0;
    answer = (socket) => {
      tries += 1;
      socket.write("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
    };
    await gateway.serve({ ...retry("1s", 2), cluster: { circuit_breakers: { thresholds: [{ max_retries: 0 }] } } });
    assert.match(await ask(), /^HTTP\/1\.1 503 /);
    assert.equal(tries, 1);
  });

  test("are told which they are, where the virtual host says so", async () => {
    const routes = [toCluster("origin", { retry_policy: { retry_on: "5xx", num_retries: 2 } })];
    let tries = 0;
    answer = (socket) => {
      tries += 1;
      socket.write(tries === 2 ? ok : "HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n");
    };
    const virtual_hosts = [{ name: "all", domains: ["*"], routes, include_request_attempt_count: true }];
    await gateway.serve({ listener: { route_config: { name: "counted", virtual_hosts } } });
    await ask(request("X-Envoy-Attempt-Count: 9\r\n"));
    const counts = [...seen.matchAll(/x-envoy-attempt-count: (\d+)/gi)].map(([, count]) => count);
    assert.deepEqual(counts, ["1", "2"]);
  });
});

describe("faults", () => {
  const fault = (what: object) => ({
    routes: with_({
      typed_per_filter_config: { "envoy.filters.http.fault": { "@type": filterTypes.fault, ...what } },
    }),
  });
  const share = (numerator: number) => ({ numerator, denominator: "HUNDRED" as const });

  test("delay their share of requests", async () => {
    await gateway.serve(fault({ delay: { fixed_delay: "0.08s", percentage: share(100) } }));
    const start = performance.now();
    assert.match(await ask(), /^HTTP\/1\.1 200 /);
    assert.ok(performance.now() - start >= 79);
    assert.match(gateway.proxy.metrics(), /response_code="200"[^}]*response_flags="DI"/);
    await gateway.serve(fault({ delay: { fixed_delay: "5s", percentage: share(0) } }));
    assert.match(await ask(), /^HTTP\/1\.1 200 /);
  });

  test("abort their share of requests, and those reach nobody", async () => {
    await gateway.serve(fault({ abort: { http_status: 418, percentage: share(100) } }));
    assert.match(await ask(), /^HTTP\/1\.1 418 [^]*fault filter abort$/);
    assert.equal(seen, "");
    await gateway.serve(fault({ abort: { http_status: 418, percentage: share(50) } }));
    let aborted = 0;
    for (let count = 0; count < 60; count += 1) if ((await ask()).startsWith("HTTP/1.1 418")) aborted += 1;
    assert.ok(aborted > 10 && aborted < 50, `${aborted} of 60`);
  });

  test("delay first and abort then", async () => {
    await gateway.serve(
      fault({
        delay: { fixed_delay: "0.05s", percentage: share(100) },
        abort: { http_status: 503, percentage: share(100) },
      }),
    );
    const start = performance.now();
    assert.match(await ask(), /^HTTP\/1\.1 503 /);
    assert.ok(performance.now() - start >= 49);
    assert.match(gateway.proxy.metrics(), /response_code="503"[^}]*response_flags="DI,FI"/);
  });

  test("a client that leaves during its delay is not asked for", async () => {
    await gateway.serve(fault({ delay: { fixed_delay: "0.1s", percentage: share(100) } }));
    const client = connect(gateway.port, "127.0.0.1", () => client.write(get));
    await pause(30);
    client.resetAndDestroy();
    await pause(120);
    assert.equal(seen, "");
  });
});

describe("requests from another origin", () => {
  const cors = {
    routes: with_({
      typed_per_filter_config: {
        "envoy.filters.http.cors": {
          "@type": filterTypes.corsPolicy,
          allow_origin_string_match: [{ exact: "https://shop.example" }],
          allow_methods: "GET,PUT",
          allow_headers: "x-a",
          expose_headers: "x-b",
          max_age: "60",
          allow_credentials: true,
          forward_not_matching_preflights: false,
        },
      },
    }),
  };
  const preflight = (origin: string) =>
    request(`Origin: ${origin}\r\nAccess-Control-Request-Method: PUT\r\n`, "OPTIONS");

  test("are answered before they are made, and reach nobody", async () => {
    await gateway.serve(cors);
    const got = await ask(preflight("https://shop.example"));
    assert.match(got, /^HTTP\/1\.1 200 OK\r\n/);
    for (const field of ["origin: https://shop.example", "methods: GET,PUT", "headers: x-a", "credentials: true"]) {
      assert.ok(got.includes(`\r\naccess-control-allow-${field}\r\n`), field);
    }
    assert.match(got, /\r\naccess-control-max-age: 60\r\n/);
    assert.equal(seen, "");
  });

  test("of an origin that is not allowed are answered without permission", async () => {
    await gateway.serve(cors);
    const got = await ask(preflight("https://evil.example"));
    assert.match(got, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(got, /access-control/);
    assert.equal(seen, "");
  });

  test("get the permission with their answer, once, whatever the application says of it", async () => {
    answer = (socket) =>
      void socket.write("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\ncontent-length: 2\r\n\r\nok");
    await gateway.serve(cors);
    const got = await ask(request("Origin: https://shop.example\r\n"));
    assert.deepEqual(got.match(/access-control-allow-origin: [^\r]*/gi), [
      "access-control-allow-origin: https://shop.example",
    ]);
    assert.match(got, /\r\naccess-control-expose-headers: x-b\r\n/);
  });
});

describe("header operations", () => {
  test("add, replace and remove what the application gets, Host too", async () => {
    await gateway.serve({
      routes: with_({
        request_headers_to_add: [
          option("x-new", "1"),
          option("x-set", "new"),
          option("x-more", "b", "APPEND_IF_EXISTS_OR_ADD"),
          option(":authority", "other.example"),
        ],
        request_headers_to_remove: ["x-gone"],
      }),
    });
    await ask(request("X-Set: old\r\nX-More: a\r\nX-Gone: 1\r\nX-Kept: 1\r\n"));
    assert.match(seen, /^GET \/ HTTP\/1\.1\r\nhost: other\.example\r\n/);
    assert.equal(seen.match(/host:/gi)?.length, 1);
    assert.match(seen, /x-new: 1\r\n/);
    assert.deepEqual(
      [...seen.matchAll(/x-set: (.*)\r/gi)].map(([, value]) => value),
      ["new"],
    );
    assert.deepEqual(
      [...seen.matchAll(/x-more: (.*)\r/gi)].map(([, value]) => value),
      ["a", "b"],
    );
    assert.doesNotMatch(seen, /x-gone/i);
    assert.match(seen, /X-Kept: 1\r\n/);
  });

  test("of a destination come before those of its route", async () => {
    const clusters = [{ name: "origin", weight: 1, request_headers_to_add: [option("x-by", "destination")] }];
    const route = { weighted_clusters: { clusters }, timeout: "0s" };
    const request_headers_to_add = [option("x-by", "route", "APPEND_IF_EXISTS_OR_ADD")];
    await gateway.serve({ routes: [{ match: { prefix: "/" }, route, request_headers_to_add }] });
    await ask();
    assert.match(seen, /x-by: destination\r\nx-by: route\r\n/);
  });

  test("change what the client gets, of the proxy's own answers too", async () => {
    const response_headers_to_add = [option("x-by", "weft"), option("server", "mine")];
    await gateway.serve({ routes: with_({ response_headers_to_add, response_headers_to_remove: ["x-powered-by"] }) });
    answer = (socket) => void socket.write("HTTP/1.1 200 OK\r\nX-Powered-By: x\r\ncontent-length: 2\r\n\r\nok");
    const got = await ask();
    assert.match(got, /\r\nx-by: weft\r\n/);
    assert.match(got, /\r\nserver: envoy\r\n/);
    assert.doesNotMatch(got, /powered/i);
    const route = { match: { prefix: "/" }, direct_response: { status: 404, body: { inline_string: "no" } } };
    await gateway.serve({ routes: [{ ...route, response_headers_to_add }] });
    assert.match(await ask(), /^HTTP\/1\.1 404 [^]*\r\nx-by: weft\r\n/);
  });

  test("say what is known of the request", async () => {
    await gateway.serve({
      routes: with_({ request_headers_to_add: [option("x-from", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")] }),
    });
    await ask();
    assert.match(seen, /\r\nx-from: 127\.0\.0\.1\r\n/);
  });
});

test("weights share requests out", async () => {
  const clusters = [
    { name: "origin", weight: 3, response_headers_to_add: [option("x-of", "three")] },
    { name: "other", weight: 1, response_headers_to_add: [option("x-of", "one")] },
    { name: "none", weight: 0 },
  ];
  await gateway.serve({
    routes: [{ match: { prefix: "/" }, route: { weighted_clusters: { clusters }, timeout: "0s" } }],
    clusters: [cluster("other", [gateway.origin]), cluster("none", [])],
  });
  const counts = { three: 0, one: 0 };
  for (let count = 0; count < 120; count += 1) {
    const of = /x-of: (three|one)\r/.exec(await ask())?.[1];
    assert.ok(of === "three" || of === "one");
    counts[of] += 1;
  }
  assert.ok(counts.three > 65 && counts.three < 112, `${counts.three} of 120`);
});

const istioFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% ' +
  "%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

test("a request is written down in Istio's default format", async () => {
  const directory = mkdtempSync(join(tmpdir(), "weft-log-"));
  const path = join(directory, "access.log");
  try {
    const log_format = { text_format_source: { inline_string: istioFormat } };
    const access_log = [{ name: "file", typed_config: { "@type": filterTypes.fileAccessLog, path, log_format } }];
    await gateway.serve({
      routes: [{ ...toCluster("origin", { prefix_rewrite: "/new" }), match: { prefix: "/old" }, name: "by-name" }],
      listener: { access_log },
    });
    await ask('GET /old?q=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: test "1"\r\nX-Request-Id: id-7\r\n\r\n');
    const read = () => {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return "";
      }
    };
    await eventually("a line", () => read().endsWith("\n"));
    assert.match(
      read(),
      new RegExp(
        String.raw`^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "GET /old\?q=1 HTTP/1\.1" 200 - via_upstream - "-" 0 2 \d+ \d+ ` +
          String.raw`"-" "test \\"1\\"" "id-7" "shop\.example" "${gateway.origin.replaceAll(".", String.raw`\.`)}" origin ` +
          String.raw`127\.0\.0\.1:\d+ 127\.0\.0\.1:80 127\.0\.0\.1:\d+ - by-name\n$`,
      ),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
