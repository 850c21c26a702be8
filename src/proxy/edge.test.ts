import assert from "node:assert/strict";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { HttpConnectionManager } from "../xds/index.ts";
import { talk, toCluster } from "./fixture.ts";
import { eventually, get, ok, pause, TestGateway } from "./gateway-fixture.ts";

let gateway: TestGateway;
/** Heads the origin got. */
let heads: string[];

function eachWithItsGateway(): void {
  beforeEach(async () => {
    gateway = new TestGateway();
    heads = [];
    gateway.accept = (socket) =>
      void socket.on("data", (bytes) => {
        heads.push(bytes.toString("latin1"));
        socket.write(ok);
      });
    await gateway.start();
  });
  afterEach(() => gateway.close());
}

const whole = (text: string) => /(?:ok|stream timeout)$/.test(text) || text.endsWith("\r\n\r\n");
const serve = (listener: Partial<HttpConnectionManager>) => gateway.serve({ listener });
const ask = (head: string) => talk(gateway.port, `${head}\r\nHost: shop.example:80\r\n\r\n`, whole);

describe("a chain at the edge", () => {
  eachWithItsGateway();

  test("refuses fields with underscores, or drops them", async () => {
    const head = "GET / HTTP/1.1\r\nX_A: 1\r\nX-B: 2\r\nx_c: 3\r\nX_A: 4";
    assert.match(await ask(head), /^HTTP\/1\.1 200 /);
    assert.match(heads[0] ?? "", /X_A: 1/);
    await serve({ common_http_protocol_options: { headers_with_underscores_action: "REJECT_REQUEST" } });
    assert.match(await ask(head), /^HTTP\/1\.1 400 /);
    await serve({ common_http_protocol_options: { headers_with_underscores_action: "DROP_HEADER" } });
    assert.match(await ask(head), /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(heads[1] ?? "", /_/);
    assert.match(heads[1] ?? "", /X-B: 2/);
  });

  test("does with escaped slashes what it was told to", async () => {
    const target = "GET /a%2Fb%5cc?d=%2F HTTP/1.1";
    await ask(target);
    assert.match(heads[0] ?? "", /^GET \/a%2Fb%5Cc\?d=%2F /);
    await serve({ path_with_escaped_slashes_action: "REJECT_REQUEST" });
    assert.match(await ask(target), /^HTTP\/1\.1 400 /);
    await serve({ path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD" });
    await ask(target);
    assert.match(heads[1] ?? "", /^GET \/a\/b\/c\?d=%2F /);
    await serve({ path_with_escaped_slashes_action: "UNESCAPE_AND_REDIRECT" });
    assert.match(await ask(target), /^HTTP\/1\.1 307 [^]*\r\nlocation: \/a\/b\/c\?d=%2F\r\n/);
    // No other host is named by what stood behind an escape.
    assert.match(await ask("GET /%2Fevil.example/ HTTP/1.1"), /\r\nlocation: \/evil\.example\/\r\n/);
    assert.match(await ask("GET /a/b HTTP/1.1"), /^HTTP\/1\.1 200 /);
  });

  test("takes ports off the host", async () => {
    await serve({ strip_any_host_port: true });
    await ask("GET / HTTP/1.1");
    assert.match(heads[0] ?? "", /\r\nhost: shop\.example\r\n/i);
    await serve({ strip_matching_host_port: true });
    await ask("GET / HTTP/1.1");
    assert.match(heads[1] ?? "", /\r\nhost: shop\.example\r\n/i);
    await talk(gateway.port, "GET / HTTP/1.1\r\nHost: shop.example:81\r\n\r\n", whole);
    assert.match(heads[2] ?? "", /\r\nhost: shop\.example:81\r\n/i);
  });

  test("holds heads to the sizes it was given", async () => {
    const large = `GET / HTTP/1.1\r\nX: ${"x".repeat(3000)}`;
    await serve({ max_request_headers_kb: 2 });
    assert.match(await ask(large), /^HTTP\/1\.1 431 /);
    await serve({ max_request_headers_kb: 4, common_http_protocol_options: { max_headers_count: 3 } });
    assert.match(await ask(large), /^HTTP\/1\.1 200 /);
    assert.match(await ask("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4"), /^HTTP\/1\.1 431 /);
  });

  test("ends connections after so many requests", async () => {
    await serve({ common_http_protocol_options: { max_requests_per_connection: 2 } });
    const answer = await talk(gateway.port, get.repeat(3));
    assert.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
    assert.match(answer, /connection: close\r\n\r\nok$/);
  });

  test("says nothing of its own where it was told not to, and makes no ids where they are not wanted", async () => {
    assert.match(await ask("GET / HTTP/1.1"), /x-envoy-upstream-service-time/);
    const router = { name: "router", typed_config: { "@type": routerType, suppress_envoy_headers: true } };
    await serve({ http_filters: [router], generate_request_id: false });
    assert.doesNotMatch(await ask("GET / HTTP/1.1"), /x-envoy/);
    assert.match(heads[0] ?? "", /x-request-id/i);
    assert.doesNotMatch(heads[1] ?? "", /x-request-id/i);
  });
});

describe("a request and its answer", () => {
  eachWithItsGateway();

  test("tell the endpoint the host the client asked for, where another one is asked for", async () => {
    const routes = [toCluster("origin", { host_rewrite_literal: "inside.example", append_x_forwarded_host: true })];
    await gateway.serve({ routes });
    await ask("GET / HTTP/1.1");
    assert.match(heads[0] ?? "", /host: inside\.example\r\n/i);
    assert.match(heads[0] ?? "", /x-forwarded-host: shop\.example:80\r\n/i);
    await gateway.serve({ routes: [toCluster("origin", { append_x_forwarded_host: true })] });
    await ask("GET / HTTP/1.1");
    assert.doesNotMatch(heads[1] ?? "", /x-forwarded-host/i);
  });

  test("carry the same id, where answers shall carry one", async () => {
    await serve({ always_set_request_id_in_response: true });
    assert.match(await ask("GET / HTTP/1.1\r\nX-Request-Id: id-7"), /\r\nx-request-id: id-7\r\n/);
  });

  test("may stand still as long as their route says, whatever the chain says", async () => {
    gateway.accept = (socket) => void socket.resume();
    await gateway.serve({
      routes: [toCluster("origin", { idle_timeout: "0.5s" })],
      listener: { stream_idle_timeout: "600s" },
    });
    assert.match(await ask("GET / HTTP/1.1"), /^HTTP\/1\.1 504 /);
  });
});

const routerType = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

describe("draining", () => {
  eachWithItsGateway();

  test("a request on its way to an idle connection is answered, and is the last one", async () => {
    const socket = connect(gateway.port, "127.0.0.1");
    const fresh = connect(gateway.port, "127.0.0.1");
    let got = "";
    let late = "";
    let isClosed = false;
    socket.on("data", (bytes) => void (got += bytes.toString("latin1"))).on("close", () => (isClosed = true));
    fresh.on("data", (bytes) => void (late += bytes.toString("latin1")));
    socket.write(get);
    await eventually("an answer", () => got.endsWith("ok"));
    assert.doesNotMatch(got, /connection: close/);
    gateway.proxy.proxy.receive({ kind: "drain", seconds: 1 });
    await pause(20);
    got = "";
    socket.write(get);
    // One that had not said anything yet.
    fresh.write(get);
    await eventually("both answers", () => got.endsWith("ok") && late.endsWith("ok"));
    assert.match(got, /connection: close/);
    assert.match(late, /connection: close/);
    await eventually("the end", () => isClosed);
    fresh.destroy();
  });
});

describe("levels of a route table", () => {
  eachWithItsGateway();

  test("add their headers in turn, the most particular first", async () => {
    const add = (key: string, value: string, append?: boolean) => [
      { header: { key, value }, ...(append === undefined ? {} : { append }) },
    ];
    await gateway.serve({
      listener: {
        route_config: {
          name: "table",
          response_headers_to_add: add("x-table", "table"),
          virtual_hosts: [
            {
              name: "all",
              domains: ["*"],
              request_headers_to_add: add("x-level", "host"),
              response_headers_to_add: add("x-last", "host", false),
              routes: [
                {
                  ...toCluster("origin"),
                  match: { prefix: "/", headers: [{ name: "x-old", prefix_match: "a" }] },
                  request_headers_to_add: add("x-level", "route"),
                  response_headers_to_add: add("x-last", "route"),
                },
              ],
            },
          ],
        },
      },
    });
    assert.match(await ask("GET / HTTP/1.1\r\nX-Old: b"), /^HTTP\/1\.1 404 /);
    const answer = await ask("GET / HTTP/1.1\r\nX-Old: abc");
    assert.match(answer, /x-table: table\r\n/);
    assert.deepEqual(answer.match(/x-last: \w+/g), ["x-last: host"]);
    assert.deepEqual(heads[0]?.match(/x-level: \w+/g), ["x-level: route", "x-level: host"]);
  });
});
