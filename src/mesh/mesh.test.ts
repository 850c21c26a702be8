import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, Pod } from "../model/index.ts";
import { AutoAddresses } from "./auto-address.ts";
import { effectivePolicy } from "./destination-rule.ts";
import { destinationRule, resolveMesh, servicesOf } from "./mesh.ts";
import { fullGateway, fullHost, hostFit, hostIntersection } from "./names.ts";
import { protocolOf } from "./protocol.ts";
import { input, object, reviews, routeTo, service, subsets } from "./sample.ts";
import { meshRoutings, routingFor } from "./virtual-service.ts";
import { visibilityOf, visibleIn } from "./visibility.ts";
import { isMeshed, workloadNameOf } from "./workload.ts";

const host = "reviews.default.svc.cluster.local";

describe("names", () => {
  test("a host without a dot belongs to the rule's namespace, any other stands as it is", () => {
    assert.equal(fullHost("reviews", "default"), host);
    assert.equal(fullHost("reviews.default", "shop"), "reviews.default");
    assert.equal(fullHost("*", "shop"), "*");
  });

  test("a gateway's name is completed from the rule's namespace", () => {
    assert.deepEqual(
      ["gw", "./gw", "other/gw", "mesh"].map((name) => fullGateway(name, "shop")),
      ["shop/gw", "shop/gw", "other/gw", "mesh"],
    );
  });

  test("an exact host fits better than a long wildcard, that better than a short one", () => {
    const fits = ["a.b.c", "*.b.c", "*.c", "*", "x.b.c"].map((pattern) => hostFit(pattern, "a.b.c"));
    assert.deepEqual(
      fits,
      fits.toSorted((one, other) => other - one),
    );
    assert.equal(fits.at(-1), 0);
    assert.equal(hostFit("*.b.c", ".b.c"), 0);
  });

  test("two patterns share the narrower one", () => {
    assert.equal(hostIntersection("*.c", "a.c"), "a.c");
    assert.equal(hostIntersection("*.b.c", "*.c"), "*.b.c");
    assert.equal(hostIntersection("a.c", "b.c"), undefined);
  });
});

describe("visibility", () => {
  test("star beats tilde, tilde beats the rest, dot is the own namespace", () => {
    const seen = (list: string[] | undefined, from: string) => visibleIn(visibilityOf(list, "shop"), from);
    assert.equal(seen(undefined, "other"), true);
    assert.equal(seen(["~", "*"], "other"), true);
    assert.equal(seen(["~", "shop"], "shop"), false);
    assert.deepEqual([seen(["."], "shop"), seen(["."], "other")], [true, false]);
  });
});

describe("protocols", () => {
  const of = (name: string, port = 1234, appProtocol?: string) => protocolOf({ name, port, appProtocol });
  test("appProtocol counts before the name, the name before the number", () => {
    assert.equal(of("http", 80, "tcp"), "tcp");
    assert.equal(of("HTTP-web"), "http");
    assert.equal(of("http-db", 3306), "http");
    assert.equal(of("db", 3306), "tcp");
    assert.equal(of("web"), "auto");
    assert.equal(of("web", 80, "kubernetes.io/h2c"), "http2");
    assert.equal(of("http", 80, "postgresql"), "auto");
    assert.equal(of("http", 3306, "something.example/else"), "tcp");
    assert.equal(protocolOf({ name: "http", port: 53, protocol: "UDP" }), "udp");
  });

  for (const [word, protocol] of [
    ["http", "http"],
    ["http2", "http2"],
    ["grpc", "grpc"],
    ["grpc-web", "grpc-web"],
    ["https", "https"],
    ["tls", "tls"],
    ["tcp", "tcp"],
    ["mongo", "mongo"],
    ["redis", "redis"],
    ["mysql", "mysql"],
    ["udp", "udp"],
  ] as const) {
    test(`${word}, ${word.toUpperCase()} and ${word}-x are ${protocol}, as a name and as appProtocol`, () => {
      for (const written of [word, word.toUpperCase(), `${word}-x`]) {
        assert.equal(of(written), protocol);
        assert.equal(of("other", 1234, written), protocol);
      }
      assert.equal(of(`x${word}`), "auto");
    });
  }

  test("Kubernetes' own words for appProtocol", () => {
    assert.equal(of("web", 80, "kubernetes.io/ws"), "http");
    assert.equal(of("web", 443, "kubernetes.io/wss"), "https");
  });

  test("ports of servers that speak first are bytes unless said otherwise", () => {
    for (const port of [25, 53, 3306, 27017]) assert.equal(of("web", port), "tcp");
    assert.equal(of("mongo", 27017), "mongo");
    assert.equal(of("", 27018), "auto");
  });
});

describe("workloads", () => {
  const make = (labels: object, rest: object = {}) =>
    object("Pod", "a-7d9f-x", { spec: { containers: [], ...rest } }, { labels }) as unknown as Pod;
  test("everyone is in the mesh unless pod or namespace says otherwise, the pod first", () => {
    const off = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "default", labels: { "istio-injection": "disabled" } },
    };
    assert.equal(isMeshed(make({}), undefined), true);
    assert.equal(isMeshed(make({}), off), false);
    assert.equal(isMeshed(make({ "sidecar.istio.io/inject": "true" }), off), true);
    assert.equal(isMeshed(make({ "sidecar.istio.io/inject": "false" }), undefined), false);
    assert.equal(isMeshed(make({}, { hostNetwork: true }), undefined), false);
  });

  test("a ReplicaSet's pod belongs to the Deployment", () => {
    const pod = make({ "pod-template-hash": "7d9f" });
    pod.metadata.ownerReferences = [
      { apiVersion: "apps/v1", kind: "ReplicaSet", name: "a-7d9f", uid: "1", controller: true },
    ];
    assert.equal(workloadNameOf(pod), "a");
  });
});

describe("automatic addresses", () => {
  test("a name keeps its address when others come and go", () => {
    const first = new AutoAddresses(["b"]);
    const second = new AutoAddresses(["a", "b", "c"], first);
    assert.equal(second.of("b"), first.of("b"));
    assert.equal(new Set(["a", "b", "c"].map((name) => second.of(name))).size, 3);
    assert.match(second.of("a"), /^240\.240\.\d+\.\d+$/);
  });
});

describe("DestinationRules", () => {
  const of = (...rules: readonly KubeObject[]) => resolveMesh(input(...reviews, ...rules));
  test("the client's namespace wins even with a wildcard, then the service's", () => {
    const own = object("DestinationRule", "wide", { spec: { host: "*.svc.cluster.local" } }, { namespace: "shop" });
    const mesh = of(subsets("reviews", ["v1"]), own);
    const target = mesh.services.get(host);
    assert.ok(target);
    assert.equal(destinationRule(mesh, target, "shop")?.source, own);
    assert.equal(destinationRule(mesh, target, "other")?.source.metadata.name, "reviews");
  });

  test("two rules for one host join their subsets; the first policy stays", () => {
    const old = subsets("reviews", ["v1"], { name: "old", creationTimestamp: "2026-01-01T00:00:00Z" });
    const young = subsets("reviews", ["v1", "v2"], { name: "young", creationTimestamp: "2026-01-02T00:00:00Z" });
    const mesh = of(young, old);
    assert.deepEqual(
      mesh.rules[0]?.subsets.map((subset) => subset.name),
      ["v1", "v2"],
    );
    assert.equal(mesh.rules[0]?.source, old);
  });

  test("a subset replaces whole blocks; settings of a port stand alone", () => {
    const spec = {
      host: "reviews",
      trafficPolicy: {
        loadBalancer: { simple: "RANDOM" },
        outlierDetection: { interval: "1s" },
        portLevelSettings: [{ port: { number: 81 }, loadBalancer: { simple: "ROUND_ROBIN" } }],
      },
      subsets: [{ name: "v1", trafficPolicy: { outlierDetection: { interval: "9s" } } }],
    };
    const [rule] = of(object("DestinationRule", "reviews", { spec })).rules;
    assert.ok(rule);
    assert.deepEqual(effectivePolicy(rule, 80, rule.subsets[0]), {
      loadBalancer: { simple: "RANDOM" },
      outlierDetection: { interval: "9s" },
    });
    assert.deepEqual(effectivePolicy(rule, 81, undefined), { loadBalancer: { simple: "ROUND_ROBIN" } });
  });
});

describe("VirtualServices", () => {
  test("of one host the oldest rules whole; an exact host beats a wildcard", () => {
    const at = (day: number) => ({ creationTimestamp: `2026-01-0${day}T00:00:00Z` });
    const mesh = resolveMesh(
      input(
        routeTo("reviews", "v2", "young", at(3)),
        routeTo("reviews", "v1", "old", at(2)),
        routeTo("*.svc.cluster.local", "v3", "wide", at(1)),
      ),
    );
    assert.equal(routingFor(meshRoutings(mesh.routings, "default"), host)?.name, "old");
    assert.equal(routingFor(meshRoutings(mesh.routings, "default"), "x.default.svc.cluster.local")?.name, "wide");
  });
});

describe("snapshots", () => {
  test("parts whose inputs are the same objects are the same objects", () => {
    const rule = subsets("reviews", ["v1"]);
    const first = resolveMesh(input(...reviews, rule));
    const second = resolveMesh(input(...reviews, rule, service("other")), first);
    assert.notEqual(second.services, first.services);
    assert.equal(second.services.get(host), first.services.get(host));
    assert.equal(second.rules, first.rules);
    assert.equal(second.workloads, first.workloads);
    assert.equal(second.routings, first.routings);
  });

  test("a pod's changed status leaves its workload as it is", () => {
    const first = resolveMesh(input(...reviews));
    const changed = reviews.map((each) =>
      each.kind === "Pod"
        ? { ...each, status: { ...Object(each["status"]), startTime: "2026-01-01T00:00:00Z" } }
        : each,
    );
    const second = resolveMesh(input(...changed), first);
    assert.equal(second.workloads, first.workloads);
  });

  test("a workload knows the services it stands behind", () => {
    const mesh = resolveMesh(input(...reviews));
    const workload = mesh.workloads.get("default/one");
    assert.ok(workload);
    assert.deepEqual(
      servicesOf(mesh, workload).map((each) => each.host),
      [host],
    );
  });
});
