import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadBootstrap } from "./load.ts";

const manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const router = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

const small = `static_resources:
  listeners:
  - name: web
    address: { socket_address: { address: 127.0.0.1, port_value: 8080 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${manager}
          stat_prefix: web
          route_config:
            virtual_hosts:
            - { name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: app } }] }
          http_filters:
          - { name: router, typed_config: { "@type": ${router} } }
  clusters:
  - name: app
    connect_timeout: 1s
    load_assignment:
      cluster_name: app
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 8081 } } }
`;

/** Faults as a person reads them. */
function faultsOf(text: string): string[] {
  return loadBootstrap(text, "envoy.yaml").faults.map(
    ({ at, path, message }) => `${at.line}:${at.column}: ${path}: ${message}`,
  );
}

describe("loading a bootstrap", () => {
  test("a small one is taken as it is", () => {
    assert.deepEqual(faultsOf(small), []);
  });

  test("JSON with lowerCamelCase names, nulls and numbers in quotes is the same bootstrap", () => {
    const json = JSON.stringify({
      staticResources: {
        clusters: [
          {
            name: "app",
            connectTimeout: "1s",
            dnsLookupFamily: null,
            loadAssignment: {
              clusterName: "app",
              endpoints: [
                { lbEndpoints: [{ endpoint: { address: { socketAddress: { address: "::1", portValue: "80" } } } }] },
              ],
            },
          },
        ],
      },
    });
    const { bootstrap, faults } = loadBootstrap(json, "envoy.json");
    assert.deepEqual(faults, []);
    const [cluster] = bootstrap.static_resources?.clusters ?? [];
    assert.equal(cluster?.connect_timeout, "1s");
    const endpoint = cluster?.load_assignment?.endpoints[0]?.lb_endpoints[0]?.endpoint;
    assert.deepEqual(endpoint?.address.socket_address, { address: "::1", port_value: 80 });
  });

  test("all that is wrong is told at once, each where it stands", () => {
    const text = small.replace("stat_prefix: web", "stat_prefix: web\n          colour: red").replace(": 1s", ": 1 s");
    assert.deepEqual(faultsOf(text), [
      "11:11: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.colour: is not supported",
      '19:5: static_resources.clusters[0].connect_timeout: a duration like "2.5s" is needed',
    ]);
  });

  test("what only compiling finds has its place too", () => {
    assert.deepEqual(faultsOf(small.replace("prefix: /", "safe_regex: { regex: '(' }")).length, 1);
    const [fault = ""] = faultsOf(small.replace(/http_filters:\n.*/, "httpFilters: []"));
    assert.match(fault, /^\d+:\d+: static_resources\.listeners\[0\]\.filter_chains\[0\]: http_filters: the last/);
  });

  test("a field under both of its spellings is refused", () => {
    const [fault = ""] = faultsOf(small.replace(": 1s", ": 1s\n    connectTimeout: 2s"));
    assert.match(fault, /^19:5: static_resources\.clusters\[0\]\.connect_timeout: stands twice/);
  });

  test("text that is no YAML, an empty file and a second document are refused with their place", () => {
    assert.match(faultsOf("a: [")[0] ?? "", /^1:\d+: : /);
    assert.match(faultsOf("# nothing\n")[0] ?? "", /^1:1: : the file is empty/);
    assert.match(faultsOf("node: {}\n---\nnode: {}\n")[0] ?? "", /^3:1: : a bootstrap is one document/);
  });
});
