import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock, seededChance } from "../../base/index.ts";
import type { Cluster as ClusterMessage, ClusterLoadAssignment, LbEndpoint } from "../../xds/index.ts";
import { Material } from "../tls/material.ts";
import { LiveCluster } from "./cluster.ts";
import type { Endpoint } from "./contract.ts";

function endpoint(address: string, more: Partial<LbEndpoint> = {}): LbEndpoint {
  return { endpoint: { address: { socket_address: { address, port_value: 80 } } }, ...more };
}

function assignment(...lb_endpoints: LbEndpoint[]): ClusterLoadAssignment {
  return { cluster_name: "c", endpoints: [{ lb_endpoints }] };
}

const eds: ClusterMessage = { name: "c", type: "EDS", lb_policy: "ROUND_ROBIN" };

function live(message: ClusterMessage, resolve: (name: string) => Promise<string[]> = () => Promise.resolve([])) {
  const clock = new ManualClock();
  return { clock, cluster: new LiveCluster(message, { clock, chance: () => 0, resolve, material: new Material() }) };
}

const asked = (parts: object = {}) => ({
  random: 0,
  hash: undefined,
  avoid: [],
  originalDestination: undefined,
  ...parts,
});

function counts(cluster: LiveCluster, total: number, chance = seededChance(7)): Record<string, number> {
  const found: Record<string, number> = {};
  for (let step = 0; step < total; step += 1) {
    const address = cluster.pick(asked({ random: chance() }))?.address ?? "none";
    found[address] = (found[address] ?? 0) + 1;
  }
  return found;
}

describe("endpoints", () => {
  test("an endpoint is the same object as long as configuration names it, through updates of endpoints and cluster", () => {
    const { cluster } = live(eds);
    cluster.assign(assignment(endpoint("10.0.0.1"), endpoint("10.0.0.2")));
    const [one, two] = cluster.endpoints;
    assert.ok(one && two);
    one.active = 3;
    cluster.assign(assignment(endpoint("10.0.0.1"), endpoint("10.0.0.3")));
    cluster.configure({ ...eds, connect_timeout: "1s" });
    assert.equal(cluster.endpoints[0], one);
    assert.equal(one.active, 3);
    assert.deepEqual([one.gone, two.gone], [false, true]);
    assert.equal(cluster.connectTimeout, 1000);
  });

  test("unhealthy and draining ones are not picked but stay; without a healthy one there is none", () => {
    const { cluster } = live(eds);
    cluster.assign(assignment(endpoint("10.0.0.1", { health_status: "DRAINING" }), endpoint("10.0.0.2")));
    assert.deepEqual(counts(cluster, 4), { "10.0.0.2": 4 });
    assert.equal(cluster.endpoints[0]?.gone, false);
    cluster.assign(assignment(endpoint("10.0.0.1", { health_status: "UNHEALTHY" })));
    assert.equal(cluster.pick(asked()), undefined);
  });

  test("a worse priority serves only while no better one has a healthy endpoint", () => {
    const { cluster } = live(eds);
    const both = (health_status: "HEALTHY" | "UNHEALTHY") => ({
      cluster_name: "c",
      endpoints: [
        { priority: 1, lb_endpoints: [endpoint("10.0.0.9")] },
        { priority: 0, lb_endpoints: [endpoint("10.0.0.1", { health_status })] },
      ],
    });
    cluster.assign(both("HEALTHY"));
    assert.equal(cluster.pick(asked())?.address, "10.0.0.1");
    cluster.assign(both("UNHEALTHY"));
    assert.equal(cluster.pick(asked())?.address, "10.0.0.9");
  });

  test("endpoints already tried are avoided as long as there is another", () => {
    const { cluster } = live(eds);
    cluster.assign(assignment(endpoint("10.0.0.1"), endpoint("10.0.0.2")));
    const tried: Endpoint[] = [];
    for (let step = 0; step < 2; step += 1) {
      const picked = cluster.pick(asked({ avoid: tried }));
      assert.ok(picked && !tried.includes(picked));
      tried.push(picked);
    }
    assert.ok(cluster.pick(asked({ avoid: tried })));
  });

  test("a removed cluster's endpoints are gone; requests it was chosen for may still try them", () => {
    const { cluster } = live(eds);
    cluster.assign(assignment(endpoint("10.0.0.1")));
    const [only] = cluster.endpoints;
    cluster.close();
    assert.equal(only?.gone, true);
    assert.deepEqual(cluster.endpoints, []);
    assert.equal(cluster.pick(asked()), only);
  });

  test("Istio's metadata says who an endpoint and a service are", () => {
    const services = [{ host: "reviews.default.svc.cluster.local", name: "reviews", namespace: "default" }];
    const { cluster } = live({ ...eds, metadata: { filter_metadata: { istio: { services } } } });
    const istio = { workload: "reviews-v1;default;reviews;v1;Kubernetes" };
    cluster.assign(assignment(endpoint("10.0.0.1", { metadata: { filter_metadata: { istio } } })));
    assert.deepEqual(cluster.destination, services[0]);
    const labels = cluster.pick(asked())?.workload;
    assert.deepEqual(
      [labels?.workload, labels?.namespace, labels?.canonicalService, labels?.canonicalRevision, labels?.app],
      ["reviews-v1", "default", "reviews", "v1", "unknown"],
    );
  });
});

describe("balancers", () => {
  const three = assignment(endpoint("10.0.0.1"), endpoint("10.0.0.2"), endpoint("10.0.0.3"));
  const weighted = assignment(
    endpoint("10.0.0.1", { load_balancing_weight: 3 }),
    endpoint("10.0.0.2", { load_balancing_weight: 1 }),
  );
  const withPolicy = (lb_policy: NonNullable<ClusterMessage["lb_policy"]>, given: ClusterLoadAssignment) => {
    const { cluster } = live({ ...eds, lb_policy });
    cluster.assign(given);
    return cluster;
  };

  test("round robin takes turns, by weight when weights differ", () => {
    assert.deepEqual(Object.values(counts(withPolicy("ROUND_ROBIN", three), 9)), [3, 3, 3]);
    assert.deepEqual(counts(withPolicy("ROUND_ROBIN", weighted), 8), { "10.0.0.1": 6, "10.0.0.2": 2 });
  });

  test("random and least request spread evenly over idle endpoints", () => {
    for (const policy of ["RANDOM", "LEAST_REQUEST"] as const) {
      const found = Object.values(counts(withPolicy(policy, three), 3000));
      assert.ok(
        found.length === 3 && found.every((count) => Math.abs(count - 1000) < 120),
        `${policy} ${found.join()}`,
      );
    }
  });

  test("random follows weights", () => {
    const { "10.0.0.1": first = 0 } = counts(withPolicy("RANDOM", weighted), 4000);
    assert.ok(Math.abs(first - 3000) < 150, String(first));
  });

  test("least request takes the less busy of two: the busiest of three is never picked", () => {
    const cluster = withPolicy("LEAST_REQUEST", three);
    const busiest = cluster.endpoints[1];
    if (busiest) busiest.active = 9;
    assert.equal(counts(cluster, 500)["10.0.0.2"], undefined);
  });

  test("hashing keeps a key on its endpoint, and one that leaves moves only its own keys", () => {
    const cluster = withPolicy("RING_HASH", three);
    const place = () =>
      Array.from({ length: 300 }, (_, key) => cluster.pick(asked({ hash: `user-${key}` }))?.address ?? "");
    const before = place();
    assert.deepEqual(place(), before);
    assert.equal(new Set(before).size, 3);
    cluster.assign(assignment(endpoint("10.0.0.1"), endpoint("10.0.0.3")));
    place().forEach((address, key) => {
      if (before[key] !== "10.0.0.2") assert.equal(address, before[key]);
    });
  });
});

describe("addresses by name", () => {
  const dns = (type: "STRICT_DNS" | "LOGICAL_DNS"): ClusterMessage => ({
    ...eds,
    type,
    dns_refresh_rate: "5s",
    load_assignment: assignment(endpoint("example.com")),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

  test("strict DNS takes all addresses, logical DNS the first; the name is the endpoint's host name", async () => {
    for (const [type, expected] of [
      ["STRICT_DNS", ["10.0.0.1", "10.0.0.2"]],
      ["LOGICAL_DNS", ["10.0.0.1"]],
    ] as const) {
      const { cluster } = live(dns(type), () => Promise.resolve(["10.0.0.2", "10.0.0.1"]));
      assert.equal(cluster.pick(asked()), undefined);
      await settle();
      assert.deepEqual(
        cluster.endpoints.map(({ address }) => address),
        expected,
      );
      assert.equal(cluster.endpoints[0]?.hostname, "example.com");
      cluster.close();
    }
  });

  test("names are asked again; a failure keeps the old answer", async () => {
    const answers: (string[] | Error)[] = [["10.0.0.1"], new Error("no"), ["10.0.0.2"]];
    const { cluster, clock } = live(dns("STRICT_DNS"), () => {
      const next = answers.shift() ?? [];
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    });
    const seen = async () => {
      await settle();
      return cluster.endpoints.map(({ address }) => address).join();
    };
    assert.equal(await seen(), "10.0.0.1");
    clock.advance(5000);
    assert.equal(await seen(), "10.0.0.1");
    clock.advance(5000);
    assert.equal(await seen(), "10.0.0.2");
    cluster.close();
    clock.advance(60_000);
    assert.equal(answers.length, 0);
  });

  test("an address needs no answer", () => {
    const { cluster } = live({ ...dns("STRICT_DNS"), load_assignment: assignment(endpoint("10.0.0.7")) });
    assert.equal(cluster.pick(asked())?.address, "10.0.0.7");
  });
});

describe("original destination", () => {
  test("every destination is an endpoint of its own, and their number is bounded", () => {
    const { cluster } = live({ name: "PassthroughCluster", type: "ORIGINAL_DST", lb_policy: "CLUSTER_PROVIDED" });
    const to = (port: number) => cluster.pick(asked({ originalDestination: { address: "10.0.0.1", port } }));
    const first = to(1);
    assert.equal(to(1), first);
    for (let port = 2; port < 2000; port += 1) to(port);
    assert.equal(cluster.endpoints.length, 1024);
    assert.equal(first?.gone, true);
    assert.equal(cluster.pick(asked()), undefined);
    assert.equal(cluster.destination.name, "PassthroughCluster");
  });
});

describe("limits", () => {
  test("circuit breaker thresholds, Envoy's own where none are given", () => {
    const { cluster } = live({ ...eds, circuit_breakers: { thresholds: [{ max_connections: 1, max_retries: 7 }] } });
    assert.deepEqual(cluster.limits, { connections: 1, pending: 1024, requests: 1024, retries: 7 });
  });
});
