import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import {
  AdsServer,
  filterTypes,
  Multiplexer,
  noResources,
  type FilterChain,
  type FilterChainMatch,
  type Listener as ListenerMessage,
  type Node,
  type ResourceSet,
} from "../../xds/index.ts";
import type { ConnectionFacts, Listener } from "./contract.ts";
import { hostOf, head, toCluster } from "./fixtures.ts";
import { ConfigStore } from "./store.ts";

function nodeOf(id: string): Node {
  const metadata = {
    NAME: "a-1",
    NAMESPACE: "default",
    WORKLOAD_NAME: "a",
    SERVICE_ACCOUNT: "a",
    CLUSTER_ID: "Kubernetes",
    MESH_ID: "cluster.local",
    LABELS: { app: "a" },
    INSTANCE_IPS: "10.244.0.7",
    MESHED: true,
  };
  return { id, cluster: "a.default", metadata };
}

const sidecar = nodeOf("sidecar~10.244.0.7~a-1.default~default.svc.cluster.local");

function chain(name: string, match?: FilterChainMatch): FilterChain {
  const typed_config = { "@type": filterTypes.tcpProxy, stat_prefix: name, cluster: name };
  return { name, filters: [{ name: "tcp", typed_config }], ...(match ? { filter_chain_match: match } : {}) };
}

function http(name: string, routes: string): FilterChain {
  const typed_config = {
    "@type": filterTypes.httpConnectionManager,
    stat_prefix: name,
    rds: { route_config_name: routes, config_source: { ads: {} } },
    http_filters: [{ name: "router", typed_config: { "@type": filterTypes.router } }],
  };
  return { name, filters: [{ name: "http", typed_config }] };
}

function listener(name: string, address: string, port: number, more: Partial<ListenerMessage> = {}): ListenerMessage {
  const socket_address = { address, port_value: port };
  return { name, address: { socket_address }, traffic_direction: "OUTBOUND", filter_chains: [chain(name)], ...more };
}

function setOf(parts: { readonly listeners?: readonly ListenerMessage[] } & Partial<ResourceSet>): ResourceSet {
  const { listeners = [], ...rest } = parts;
  return { ...noResources, listener: new Map(listeners.map((entry) => [entry.name, entry])), ...rest };
}

/** A store in conversation with a server, over two copies of one pipe. */
function mesh(node = sidecar) {
  const nacks: string[] = [];
  const changes: string[] = [];
  const server = new AdsServer({ onNack: ({ kind, detail }) => nacks.push(`${kind}: ${detail}`) });
  const toServer: Multiplexer = new Multiplexer(
    (id, message) => clientSide.receive(id, structuredClone(message)),
    (_, channel) => server.connect(channel),
  );
  const clientSide: Multiplexer = new Multiplexer((id, message) => toServer.receive(id, structuredClone(message)));
  const store = new ConfigStore({
    resolve: () => Promise.resolve([]),
    write: () => undefined,
    clock: new ManualClock(),
    chance: () => 0,
  });
  store.onChange(({ ports, ready }) => changes.push(ready ? "ready" : ports ? "ports" : "other"));
  const config = store.add(node, clientSide.channel(node.id));
  return { server, store, config, nacks, changes, set: (set: ResourceSet) => server.setResources(node.id, set) };
}

const facts: ConnectionFacts = {
  destinationAddress: "10.96.0.1",
  destinationPort: 9080,
  sourceAddress: "10.244.0.9",
  protocol: "unknown",
};
const chainName = (found: Listener | undefined, more: Partial<ConnectionFacts> = {}) =>
  found?.chain({ ...facts, ...more })?.name;

describe("a workload's listeners", () => {
  test("the exact address beats 0.0.0.0, and what nobody names goes to the catch-all", () => {
    const { config, set } = mesh();
    set(
      setOf({
        listeners: [
          listener("exact", "10.96.0.1", 9080),
          listener("any", "0.0.0.0", 9080),
          listener("virtualOutbound", "0.0.0.0", 15_001, { use_original_dst: true }),
        ],
      }),
    );
    assert.equal(config.outbound("10.96.0.1", 9080)?.name, "exact");
    assert.equal(config.outbound("10.96.0.2", 9080)?.name, "any");
    assert.equal(config.outbound("10.96.0.2", 1)?.name, "virtualOutbound");
    assert.deepEqual([...config.outboundPorts], [9080]);
  });

  test("inbound listeners answer for the workload's own ports, outbound ones never do", () => {
    const { config, set } = mesh();
    assert.equal(config.inbound(9080), undefined);
    const inbound = { traffic_direction: "INBOUND", use_original_dst: true } as const;
    set(
      setOf({ listeners: [listener("out", "0.0.0.0", 9080), listener("virtualInbound", "0.0.0.0", 15_006, inbound)] }),
    );
    assert.equal(config.inbound(9080)?.name, "virtualInbound");
    assert.equal(config.inbound(9080)?.direction, "inbound");
  });

  test("a gateway's listeners are found by port", () => {
    const { config, set } = mesh(nodeOf("router~10.244.0.8~gw.istio-system~istio-system.svc.cluster.local"));
    set(setOf({ listeners: [listener("0.0.0.0_8080", "0.0.0.0", 8080)] }));
    assert.equal(config.gateway(8080)?.direction, "gateway");
    assert.equal(config.outbound("0.0.0.0", 8080), undefined);
  });

  test("first bytes are awaited only where an inspector stands", () => {
    const { config, set } = mesh();
    const inspector = { name: "i", typed_config: { "@type": filterTypes.httpInspector } };
    const sniffing = { listener_filters: [inspector], listener_filters_timeout: "0.1s" };
    set(setOf({ listeners: [listener("plain", "0.0.0.0", 1), listener("sniffing", "0.0.0.0", 2, sniffing)] }));
    assert.equal(config.outbound("1.1.1.1", 1)?.detect, undefined);
    assert.deepEqual(config.outbound("1.1.1.1", 2)?.detect, {
      timeout: 100,
      continues: false,
      protocol: true,
      proxied: undefined,
    });
  });
});

describe("filter chains", () => {
  const withChains = (filter_chains: FilterChain[], fallback?: FilterChain) => {
    const { config, set } = mesh();
    const more = fallback ? { default_filter_chain: fallback } : {};
    set(setOf({ listeners: [listener("l", "0.0.0.0", 9080, { filter_chains, ...more })] }));
    return config.outbound("10.96.0.1", 9080);
  };

  test("port, then the longest range of addresses, then server name, transport and application decide", () => {
    const range = (address_prefix: string, prefix_len: number) => ({ prefix_ranges: [{ address_prefix, prefix_len }] });
    const found = withChains([
      chain("any"),
      chain("wide", range("10.0.0.0", 8)),
      chain("narrow", range("10.96.0.0", 16)),
      chain("port", { destination_port: 81 }),
    ]);
    assert.equal(chainName(found), "narrow");
    assert.equal(chainName(found, { destinationAddress: "10.1.1.1" }), "wide");
    assert.equal(chainName(found, { destinationAddress: "11.1.1.1" }), "any");
    assert.equal(chainName(found, { destinationPort: 81 }), "port");
  });

  test("HTTP is told from bytes by the application protocol", () => {
    const found = withChains([chain("http", { application_protocols: ["http/1.1", "h2c"] }), chain("bytes")]);
    assert.equal(chainName(found, { protocol: "http/1.1" }), "http");
    assert.equal(chainName(found, { protocol: "unknown" }), "bytes");
  });

  test("server names: exact, then the longest wildcard, then none", () => {
    const names = (...server_names: string[]) => ({ server_names, transport_protocol: "tls" }) as const;
    const found = withChains([
      chain("wild", names("*.com")),
      chain("longer", names("*.a.com")),
      chain("exact", names("x.a.com")),
    ]);
    const by = (serverName: string) => chainName(found, { protocol: "tls", serverName });
    assert.deepEqual([by("X.a.com"), by("y.a.com"), by("b.com"), by("b.org")], ["exact", "longer", "wild", undefined]);
    assert.equal(chainName(found), undefined);
  });

  test("what was left behind is not gone back to: the default chain takes the rest", () => {
    const found = withChains(
      [chain("port", { destination_port: 9080, transport_protocol: "tls" }), chain("any")],
      chain("fallback"),
    );
    assert.equal(chainName(found), "fallback");
  });
});

describe("configuration in force", () => {
  const routes = (cluster: string): Partial<ResourceSet> => ({
    route: new Map([
      ["9080", { name: "9080", virtual_hosts: [hostOf(["*"], { match: { prefix: "/" }, ...toCluster(cluster) })] }],
    ]),
  });
  const target = (config: ReturnType<typeof mesh>["config"]) => {
    const found = config.outbound("10.96.0.1", 9080)?.chain(facts);
    const action = found?.kind === "http" ? found.routes()?.match(head(), 0)?.action : undefined;
    return action?.kind === "forward" ? action.choose(0).cluster : undefined;
  };

  test("a route table may change between two requests of one connection", () => {
    const { config, set } = mesh();
    const listeners = [listener("http", "0.0.0.0", 9080, { filter_chains: [http("http", "9080")] })];
    set(setOf({ listeners, ...routes("one") }));
    const held = config.outbound("10.96.0.1", 9080);
    assert.equal(target(config), "one");
    set(setOf({ listeners, ...routes("two") }));
    assert.equal(target(config), "two");
    assert.equal(config.outbound("10.96.0.1", 9080), held);
  });

  test("a workload is ready when every kind arrived; ports are told when listeners change", () => {
    const { config, store, changes, set } = mesh();
    assert.equal(config.ready, false);
    set(setOf({ listeners: [listener("l", "0.0.0.0", 9080)] }));
    assert.equal(config.ready, true);
    assert.equal(store.ready, true);
    assert.deepEqual([...store.outboundPorts()], [9080]);
    assert.deepEqual(
      changes.filter((change) => change !== "other"),
      ["ports", "ready"],
    );
  });

  test("a missing cluster is not refused", () => {
    const { config, nacks, set } = mesh();
    set(setOf({ listeners: [listener("l", "0.0.0.0", 9080)] }));
    assert.deepEqual(nacks, []);
    assert.equal(config.cluster("l"), undefined);
  });

  test("what cannot be honoured is refused with the path of the field, and the old form stays", () => {
    const { config, nacks, set } = mesh();
    const good = listener("l", "0.0.0.0", 9080);
    set(setOf({ listeners: [good] }));
    const before = config.outbound("10.96.0.1", 9080);
    const lua = { name: "lua", typed_config: { "@type": "type.googleapis.com/Lua" } };
    set(setOf({ listeners: [{ ...good, filter_chains: [{ filters: [lua] }], colour: 3 } as ListenerMessage] }));
    assert.equal(config.outbound("10.96.0.1", 9080), before);
    assert.equal(nacks.length, 1);
    assert.match(
      nacks[0] ?? "",
      /filter_chains\[0\]\.filters\[0\]\.typed_config\.@type: "type.googleapis.com\/Lua" is not supported/,
    );
    assert.match(nacks[0] ?? "", /colour: is not supported/);
  });

  test("a bad pattern is refused with its place", () => {
    const { nacks, set } = mesh();
    const match = { safe_regex: { regex: "(?=x)" } };
    const bad = { name: "r", virtual_hosts: [hostOf(["*"], { match, ...toCluster("c") })] };
    set(setOf({ route: new Map([["r", bad]]) }));
    assert.match(nacks[0] ?? "", /r: virtual_hosts\[0\]\.routes\[0\]: .*regexp/);
  });

  test("endpoints and clusters may come in either order", () => {
    const { config, set } = mesh();
    const lb_endpoints = [{ endpoint: { address: { socket_address: { address: "10.0.0.1", port_value: 80 } } } }];
    const endpoint = new Map([["published", { cluster_name: "published", endpoints: [{ lb_endpoints }] }]]);
    set(setOf({ endpoint }));
    const eds_cluster_config = { service_name: "published", eds_config: {} };
    set(setOf({ endpoint, cluster: new Map([["c", { name: "c", type: "EDS", eds_cluster_config } as const]]) }));
    const request = { random: 0, hash: undefined, avoid: [], originalDestination: undefined };
    const picked = config.cluster("c")?.pick(request);
    assert.equal(picked?.key, "10.0.0.1:80");
    set(setOf({}));
    assert.equal(config.cluster("c"), undefined);
    assert.equal(picked?.gone, true);
  });
});
