import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "../model/index.ts";
import { resolveMesh } from "./mesh.ts";
import { problems } from "./problems.ts";
import { input, object, reviews, routeTo, service, subsets } from "./sample.ts";

function codes(...objects: readonly KubeObject[]): string[] {
  return problems(resolveMesh(input(...reviews, ...objects))).map(
    (each) => `${each.object.kind}/${each.object.name} ${each.code}`,
  );
}

const gateway = (servers: object[], selector: object = { istio: "ingressgateway" }) =>
  object("Gateway", "gw", { spec: { selector, servers } });

describe("problems", () => {
  test("rules that agree with the mesh have none", () => {
    assert.deepEqual(codes(subsets("reviews", ["v1"]), routeTo("reviews", "v1")), []);
  });

  test("missing subsets, hosts and gateways are named", () => {
    const bound = object("VirtualService", "bound", {
      spec: { hosts: ["a.example"], gateways: ["none"], http: [{ route: [{ destination: { host: "nobody" } }] }] },
    });
    assert.deepEqual(codes(routeTo("reviews", "v1"), bound), [
      "VirtualService/bound GatewayNotFound",
      "VirtualService/bound HostNotFound",
      "VirtualService/reviews SubsetNotFound",
    ]);
  });

  test("of two VirtualServices for a host the younger is told that it is ignored", () => {
    assert.deepEqual(codes(routeTo("reviews", undefined, "b"), routeTo("reviews", undefined, "a")), [
      "VirtualService/b DuplicateHost",
    ]);
  });

  test("tls rules for a host without a port that carries TLS", () => {
    const tls = [{ match: [{ sniHosts: ["reviews"] }], route: [{ destination: { host: "reviews" } }] }];
    const rule = (rest: object) => object("VirtualService", "names", { spec: { hosts: ["reviews"], tls, ...rest } });
    assert.deepEqual(codes(rule({})), ["VirtualService/names TlsRulesUnused"]);
    assert.deepEqual(codes(rule({ hosts: ["other"] }), service("other", [{ name: "https", port: 443 }])), []);
    assert.deepEqual(codes(rule({ hosts: ["nobody"] })), []);
  });

  test("rules after one that catches all are named", () => {
    const route = [{ destination: { host: "reviews" } }];
    const spec = {
      hosts: ["reviews"],
      http: [
        { match: [{ name: "all" }], route },
        { match: [{ uri: { exact: "/" } }], route },
      ],
    };
    assert.deepEqual(codes(object("VirtualService", "reviews", { spec })), ["VirtualService/reviews RulesShadowed"]);
  });

  test("a DestinationRule for nobody, and a subset without endpoints", () => {
    assert.deepEqual(codes(subsets("nobody", []), subsets("reviews", ["v7"])), [
      "DestinationRule/nobody HostNotFound",
      "DestinationRule/reviews SubsetEmpty",
    ]);
  });

  test("a Gateway that selects nothing, has no routes, asks for TLS or contradicts another", () => {
    const http = { port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"] };
    const tcp = { port: { number: 80, name: "tcp", protocol: "TCP" }, hosts: ["*"] };
    const tls = { port: { number: 443, name: "https", protocol: "HTTPS" }, hosts: ["*"], tls: { mode: "SIMPLE" } };
    assert.deepEqual(codes(gateway([http], { istio: "nothing" })), [
      "Gateway/gw SelectorMatchesNothing",
      "Gateway/gw NoRoutes",
    ]);
    assert.ok(codes(gateway([tls])).includes("Gateway/gw TlsUnsupported"));
    assert.ok(codes(gateway([http, tcp])).includes("Gateway/gw PortConflict"));
    assert.ok(
      codes(gateway([tls, { ...tcp, port: { ...tcp.port, number: 443 } }])).includes("Gateway/gw PortConflict"),
    );
  });

  test("a Gateway may pass TLS on by name, several servers on one port", () => {
    const server = (host: string) => ({
      port: { number: 443, name: host, protocol: "TLS" },
      hosts: [host],
      tls: { mode: "PASSTHROUGH" },
    });
    assert.deepEqual(codes(gateway([server("a.example"), server("b.example")])), [
      "Gateway/gw NoRoutes",
      "Gateway/gw NoRoutes",
    ]);
    const auto = { ...server("a.example"), tls: { mode: "AUTO_PASSTHROUGH" } };
    assert.ok(codes(gateway([auto])).includes("Gateway/gw TlsUnsupported"));
  });

  test("services without an address may share a port only where TLS names them", () => {
    const entry = (name: string, protocol: string) =>
      object("ServiceEntry", name, {
        spec: { hosts: [`${name}.example`], resolution: "NONE", ports: [{ number: 443, name: "any", protocol }] },
      });
    assert.deepEqual(codes(entry("a", "TLS"), entry("b", "HTTPS")), []);
    assert.deepEqual(codes(entry("a", "TLS"), entry("b", "TCP")), ["ServiceEntry/b PortConflict"]);
  });

  test("ports that are not carried at all", () => {
    const ports = [
      { name: "grpc", port: 1 },
      { name: "dns", port: 53, protocol: "UDP" },
    ];
    assert.deepEqual(codes(service("odd", ports)), ["Service/odd UdpUnsupported"]);
  });
});
