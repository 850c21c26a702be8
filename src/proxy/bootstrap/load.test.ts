import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadBootstrap } from "./load.ts";

const manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const tcp = "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
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
      "11:11: static_resources.listeners[0].filter_chains[0].filters[0].typed_config.colour: is not supported; docs/envoy-subset.md lists what is",
      '19:5: static_resources.clusters[0].connect_timeout: a duration like "2.5s" is needed',
    ]);
  });

  test("what only compiling finds has its place too", () => {
    assert.deepEqual(faultsOf(small.replace("prefix: /", "safe_regex: { regex: '(' }")).length, 1);
    const [fault = ""] = faultsOf(small.replace(/http_filters:\n.*/, "httpFilters: []"));
    assert.match(
      fault,
      /^\d+:\d+: static_resources\.listeners\[0\]\.filter_chains\[0\]\.filters\[0\]\.typed_config\.http_filters: the last/,
    );
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

describe("a bootstrap is refused", () => {
  const filter = `{ name: tcp, typed_config: { "@type": ${tcp}, stat_prefix: x, cluster: app } }`;
  const chain = `    - { filter_chain_match: { destination_port: 1 }, filters: [${filter}] }\n`;
  const http = (text: string, by: string) => small.replace(text, by);
  const refusals: readonly (readonly [what: string, bootstrap: string, fault: RegExp])[] = [
    [
      "for a route to a cluster that is not there",
      http("cluster: app }", "cluster: shop }"),
      /route\.cluster: there is no cluster "shop"/,
    ],
    [
      "for a field that is almost right",
      http("connect_timeout", "connect_timeuot"),
      /is not supported; did you mean connect_timeout\?/,
    ],
    [
      "for a field that must be there",
      http("stat_prefix: web", "{}").replace("          {}\n", ""),
      /typed_config\.stat_prefix: is needed/,
    ],
    [
      "for a name where an address must stand",
      http("address: 127.0.0.1, port_value: 8081", "address: localhost, port_value: 8081"),
      /"localhost" is no IP address; a cluster of type STRICT_DNS/,
    ],
    [
      "for a listener at a name",
      http("address: 127.0.0.1, port_value: 8080", "address: localhost, port_value: 8080"),
      /"localhost" is no IP address/,
    ],
    [
      "for a port that is none",
      http("port_value: 8080", "port_value: 80800"),
      /port_value: a whole number from 0 to 65535 is needed/,
    ],
    [
      "for endpoints from a management server",
      http("connect_timeout: 1s", "type: EDS"),
      /type: EDS wants a management server/,
    ],
    [
      "for what is not acted on yet",
      http("connect_timeout: 1s", "outlier_detection: {}"),
      /outlier detection is not acted on yet; take it out/,
    ],
    [
      "for what is known not to be there",
      http("connect_timeout: 1s", "health_checks: [{}]"),
      /is not supported: endpoints are not asked/,
    ],
    [
      "for a value that is known not to be there",
      http("connect_timeout: 1s", "lb_policy: LAST"),
      /"LAST" is not supported; there is ROUND_ROBIN/,
    ],
    [
      "for a filter that is not there",
      http(router, "type.googleapis.com/a.v3.Lua"),
      /"type\.googleapis\.com\/a\.v3\.Lua" is not supported; there is Router/,
    ],
    ["for a pattern that is none", http("prefix: /", "safe_regex: { regex: '(' }"), /routes\[0\]/],
    [
      "for two clusters of one name",
      http("  - name: app\n", "  - name: app\n  - name: app\n"),
      /clusters\[1\]\.name: "app" is the name of another/,
    ],
    [
      "for a split none of whose parts has a weight",
      http("cluster: app }", "weighted_clusters: { clusters: [{ name: app, weight: 0 }] } }"),
      /route\.weighted_clusters: no cluster has a weight/,
    ],
    [
      "for a prefix of segments that ends in a slash",
      http("prefix: /", "path_separated_prefix: /a/"),
      /match\.path_separated_prefix: it must be longer/,
    ],
    ["for no time to connect", http("connect_timeout: 1s", "connect_timeout: 0s"), /connect_timeout: more than 0 s/],
    [
      "for two chains that take the same connections",
      http("    filter_chains:\n", `    filter_chains:\n${chain}${chain}`),
      /filter_chains\[1\]: it is for the same connections as filter_chains\[0\]/,
    ],
  ];
  for (const [what, bootstrap, fault] of refusals) {
    test(what, () => {
      const faults = faultsOf(bootstrap);
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0] ?? "", fault);
      assert.match(faults[0] ?? "", /^([2-9]|\d\d):\d+: static_resources\./);
    });
  }

  test("what an edge proxy usually says is taken", () => {
    const edge = small
      .replace(
        "stat_prefix: web",
        `stat_prefix: web
          use_remote_address: true
          normalize_path: true
          merge_slashes: true
          path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT
          common_http_protocol_options: { idle_timeout: 3600s, headers_with_underscores_action: REJECT_REQUEST }
          http2_protocol_options:
            max_concurrent_streams: 100
            initial_stream_window_size: 65536
            initial_connection_window_size: 1048576
          stream_idle_timeout: 300s
          request_timeout: 300s
          access_log:
          - name: envoy.access_loggers.stdout
            typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog }`,
      )
      .replace("cluster: app }", "cluster: app, idle_timeout: 15s, retry_policy: { num_retries: 2 } }")
      .replace(
        "  - name: web\n",
        "  - name: web\n    per_connection_buffer_limit_bytes: 32768\n    enable_reuse_port: true\n",
      )
      .replace(
        "connect_timeout: 1s",
        `connect_timeout: 1s
    per_connection_buffer_limit_bytes: 32768
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 300 } }
    http2_protocol_options: { initial_stream_window_size: 65536 }`,
      );
    assert.deepEqual(faultsOf(edge), []);
  });

  test("unless a route's cluster need not be there", () => {
    const bootstrap = http("cluster: app }", "cluster: shop }").replace(
      "route_config:",
      "route_config:\n            validate_clusters: false",
    );
    assert.deepEqual(faultsOf(bootstrap), []);
  });

  test("values of enums are taken in any case, and numbers of YAML in any base", () => {
    const { bootstrap, faults } = loadBootstrap(
      http("connect_timeout: 1s", "lb_policy: round_robin").replace("8080", "0x1F90"),
      "envoy.yaml",
    );
    assert.deepEqual(faults, []);
    assert.equal(bootstrap.static_resources?.clusters?.[0]?.lb_policy, "ROUND_ROBIN");
    assert.equal(bootstrap.static_resources?.listeners?.[0]?.address.socket_address.port_value, 8080);
  });
});
