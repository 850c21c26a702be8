/** One bootstrap, Weft's proxy and Envoy: what one refuses the other does too, and what they serve they serve alike. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadBootstrap } from "../src/proxy/index.ts";
import { envoy, startEnvoy, validateByEnvoy } from "./envoy.ts";
import { Programs } from "./proxied-programs.ts";
import { frontProxy, ProxyProcess } from "./static-proxy.ts";
import { ask, checkout } from "./weft.ts";

const programs = new Programs();
before(() => programs.start());
after(() => programs.close());

/** Changes to a bootstrap for which Envoy refuses it. */
const refusedByEnvoy: readonly (readonly [what: string, text: string | RegExp, by: string])[] = [
  ["a route to an unknown cluster", "cluster: web, timeout", "cluster: nope, timeout"],
  ["a mirror to an unknown cluster", "timeout: 20s", "request_mirror_policies: [{ cluster: nope }]"],
  [
    "a split with unknown clusters",
    "cluster: web, timeout: 20s",
    "weighted_clusters: { clusters: [{ name: nope, weight: 1 }] }",
  ],
  ["a split of nothing", "cluster: web, timeout: 20s", "weighted_clusters: { clusters: [{ name: web, weight: 0 }] }"],
  ["a part without weight", "cluster: web, timeout: 20s", "weighted_clusters: { clusters: [{ name: web }] }"],
  ["a TCP proxy to nowhere", /\n +cluster: raw\n/, "\n"],
  ["two clusters of one name", "  - name: web\n    type", "  - { name: raw }\n  - name: web\n    type"],
  ["a listener without address", /(name: raw\n) +address.*\n/, "$1"],
  ["a listener without chains", /filter_chains:\n[^]*?  - name: raw/, "filter_chains: []\n  - name: raw"],
  ["a filter without type", '"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router', ""],
  ["a manager without stat_prefix", "stat_prefix: web", ""],
  ["a virtual host without name", "- name: all\n              domains", "- domains"],
  ["a virtual host without domains", 'domains: ["*"]', "domains: []"],
  ["one domain twice", "- name: all\n", '- { name: other, domains: ["*"] }\n            - name: all\n'],
  ["a route without match", "match: { prefix: /direct }\n                direct", "direct"],
  ["a route without action", /direct_response: .*/, "name: x"],
  ["an answer with a status that is none", "status: 418", "status: 99"],
  ["a pattern that is none", "prefix: /direct", "safe_regex: { regex: '(' }"],
  ["a prefix of segments that ends in a slash", "prefix: /direct", "path_separated_prefix: /direct/"],
  ["a header without name", "key: x-says", 'key: ""'],
  [
    "append in two ways",
    "{ key: x-says, value: first }",
    "{ key: x-says, value: first }\n                  append: true\n                  append_action: ADD_IF_ABSENT",
  ],
  ["a cluster without name", "  - name: web\n    type", "  - type"],
  ["endpoints without name", "cluster_name: web", ""],
  ["a name in a static cluster", "address: 127.0.0.1, port_value: WEB", "address: localhost, port_value: WEB"],
  ["an endpoint without address", /endpoint: \{ address.*WEB.*/, "endpoint: {}"],
  ["an endpoint without port", "address: 127.0.0.1, port_value: WEB", "address: 127.0.0.1"],
  ["an EDS cluster that nobody feeds", "type: STATIC", "type: EDS"],
  ["a port that is none", "port_value: WEB", "port_value: 70000"],
  ["no time to connect", "connect_timeout: 1s", "connect_timeout: 0s"],
  ["a time that is none", "connect_timeout: 1s", "connect_timeout: 1 s"],
  ["a text that is a number", "name: local\n", "name: 7\n"],
  ["a field nobody knows", "connect_timeout: 1s", "colour: red"],
  [
    "two chains for the same connections",
    /( +- filters:\n +- name: envoy.filters.network.tcp_proxy[^]*?cluster: raw\n)/,
    "$1$1",
  ],
  ["routes in two places", "codec_type: AUTO", "rds: { route_config_name: x, config_source: { ads: {} } }"],
  ["no routes at all", /route_config:\n[^]*?http_filters/, "http_filters"],
  [
    "two routers",
    "http_filters:\n",
    `http_filters:\n          - name: first\n            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }\n`,
  ],
  ["a wildcard twice", 'domains: ["*"]', 'domains: ["*.a", "*.A"]'],
  ["a redirect to two paths", /direct_response: .*/, "redirect: { path_redirect: /a, prefix_rewrite: /b }"],
  ["two rewrites of the path", "timeout: 20s", "prefix_rewrite: /a, regex_rewrite: { pattern: { regex: a } }"],
  ["two hosts", "timeout: 20s", "host_rewrite_literal: a, auto_host_rewrite: true"],
  ["two matches of a header", "prefix: /direct", "prefix: /, headers: [{ name: a, exact_match: b, prefix_match: c }]"],
  ["a path set as a header", "key: x-says", 'key: ":path"'],
  [
    "a host taken away",
    "response_headers_to_add:",
    "request_headers_to_remove: [host]\n                response_headers_to_add:",
  ],
  ["an operator nobody knows", "value: first", "value: '%NOPE%'"],
  ["half an operator", "value: first", "value: 50%"],
  ["heads of nothing", "codec_type: AUTO", "max_request_headers_kb: 0"],
  ["an upgrade twice", "codec_type: AUTO", "upgrade_configs: [{ upgrade_type: a }, { upgrade_type: a }]"],
  ["no time between retries", "timeout: 20s", "retry_policy: { retry_back_off: { base_interval: 0s } }"],
  [
    "a pause shorter than the first",
    "timeout: 20s",
    "retry_policy: { retry_on: 5xx, retry_back_off: { base_interval: 1s, max_interval: 0.5s } }",
  ],
  ["no time between questions", "dns_lookup_family: V4_ONLY", "dns_refresh_rate: 0s"],
  ["a balancer for original destinations", "connect_timeout: 1s", "lb_policy: CLUSTER_PROVIDED"],
  ["a cookie without name", "timeout: 20s", 'hash_policy: [{ cookie: { name: "" } }]'],
  [
    "a half star in a server name",
    "- filters:\n      - name: envoy.filters.network.tcp",
    '- filter_chain_match: { server_names: ["*a.b"] }\n      filters:\n      - name: envoy.filters.network.tcp',
  ],
];

describe("weft proxy and Envoy", { skip: envoy === undefined && "no Envoy; `npm run envoy` fetches one" }, () => {
  test("refuse the same bootstraps", async () => {
    assert.ok(envoy);
    const whole = frontProxy({ web: 18_080, raw: 18_081 });
    assert.deepEqual((await loadBootstrap(whole, "envoy.yaml")).faults, []);
    const taken: string[] = [];
    for (const [what, text, by] of refusedByEnvoy) {
      const ours = (name: string | RegExp) =>
        typeof name === "string" ? name.replaceAll("WEB", "18080") : new RegExp(name.source.replaceAll("WEB", "18080"));
      const changed = whole.replace(ours(text), by.replaceAll("WEB", "18080"));
      assert.notEqual(changed, whole, what);
      if ((await validateByEnvoy(envoy, changed)).code === 0) taken.push(`Envoy takes ${what}`);
      if ((await loadBootstrap(changed, "envoy.yaml")).faults.length === 0) taken.push(`Weft takes ${what}`);
    }
    assert.deepEqual(taken, []);
  });

  test("take the sample", async () => {
    assert.ok(envoy);
    const sample = readFileSync(join(checkout, "samples/front-proxy/envoy.yaml"), "utf8");
    assert.deepEqual((await loadBootstrap(sample, "envoy.yaml")).faults, []);
    assert.equal((await validateByEnvoy(envoy, sample)).code, 0);
  });

  test("answer the same from the same bootstrap", async () => {
    assert.ok(envoy);
    const bootstrap = programs.bootstrap();
    assert.equal((await validateByEnvoy(envoy, bootstrap)).code, 0);
    const theirs = await startEnvoy(envoy, bootstrap);
    const ours = await ProxyProcess.start(bootstrap);
    try {
      for (const path of ["/", "/a/b?c=d", "/direct"]) {
        const [one, other] = await Promise.all(
          [theirs.ports.get("web"), ours.port("web")].map((port) => ask(`http://127.0.0.1:${port}${path}`)),
        );
        assert.deepEqual(
          [one?.status, one?.body, Object.keys(one?.headers ?? {}).toSorted()],
          [other?.status, other?.body, Object.keys(other?.headers ?? {}).toSorted()],
          path,
        );
      }
      assert.equal(await programs.echo(theirs.ports.get("raw") ?? 0, "x"), await programs.echo(ours.port("raw"), "x"));
    } finally {
      await theirs.close();
      await ours.close();
    }
  });
});
