import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { inputFrom, resolveMesh } from "../mesh/index.ts";
import type { KubeObject } from "../model/index.ts";
import type { ResourceKind } from "../xds/index.ts";
import { gatewayAddresses, gatewayRoutes } from "./gateway-address.ts";
import { goldenCase, slicesFor } from "./golden-case.ts";
import { nodeOf } from "./node.ts";
import { Translator } from "./translator.ts";

const names = ["a", "b", "c"];

/** Services with one pod each; those in `routed` have a VirtualService with a timeout. */
function objects(routed: Readonly<Record<string, number>>): KubeObject[] {
  const pods = names.map((name, index): KubeObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: name } },
    spec: { containers: [] },
    status: { phase: "Running", podIP: `10.244.0.${index + 1}` },
  }));
  const services = names.map((name, index): KubeObject => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { clusterIP: `10.96.0.${index + 1}`, selector: { app: name }, ports: [{ name: "http", port: 8000 + index }] },
  }));
  const rules = Object.entries(routed).map(([name, seconds]): KubeObject => ({
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: "default" },
    spec: { hosts: [name], http: [{ timeout: `${seconds}s`, route: [{ destination: { host: name } }] }] },
  }));
  return [...pods, ...services, ...slicesFor([...pods, ...services]), ...rules];
}

const node = (mesh: ReturnType<typeof resolveMesh>, name: string) => {
  const workload = mesh.workloads.get(`default/${name}`);
  assert.ok(workload);
  return nodeOf(workload, mesh.settings);
};

describe("a translator's memory", () => {
  test("the same objects read again give the very same resource set", () => {
    const routed = fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }));
    fc.assert(
      fc.property(routed, (rules) => {
        const translator = new Translator();
        const first = resolveMesh(inputFrom(objects(rules)));
        const before = translator.translate(first, node(first, "a"));
        const second = resolveMesh(inputFrom(objects(rules)), first);
        assert.equal(translator.translate(second, node(second, "a")), before);
      }),
      { numRuns: 20 },
    );
  });

  test("a change makes new objects only of the resources it is in", () => {
    const translator = new Translator();
    const first = resolveMesh(inputFrom(objects({ a: 1 })));
    const before = translator.translate(first, node(first, "a"));
    const second = resolveMesh(inputFrom(objects({ a: 2 })), first);
    const after = translator.translate(second, node(second, "a"));
    const changed = (["listener", "route", "cluster", "endpoint", "names"] as const).flatMap((kind: ResourceKind) =>
      [...after[kind]]
        .filter(([name, resource]) => before[kind].get(name) !== resource)
        .map(([name]) => `${kind} ${name}`),
    );
    assert.deepEqual(changed, ["route 8000"]);
    assert.equal(after.cluster, before.cluster);
  });

  test("nodes that see the same share the resources", () => {
    const translator = new Translator();
    const mesh = resolveMesh(inputFrom(objects({})));
    const one = translator.translate(mesh, node(mesh, "a"));
    const other = translator.translate(mesh, node(mesh, "b"));
    for (const [name, route] of one.route) assert.equal(other.route.get(name), route);
    for (const [name, assignment] of one.endpoint) assert.equal(other.endpoint.get(name), assignment);
    assert.notEqual(one.listener.get("virtualInbound"), other.listener.get("virtualInbound"));
  });
});

describe("a gateway's addresses", () => {
  test("are its servers, and the paths that rules serve there", () => {
    const { mesh } = goldenCase("gateway");
    assert.deepEqual(
      gatewayAddresses(mesh).map(({ gateway, port, protocol, hosts }) => ({ gateway, port, protocol, hosts })),
      [{ gateway: "default/bookinfo", port: 80, protocol: "http", hosts: ["*"] }],
    );
    assert.deepEqual(
      gatewayRoutes(mesh).map(({ host, path, kind }) => `${host} ${kind} ${path}`),
      ["* exact /productpage", "* prefix /static"],
    );
  });

  test("are names where TLS is passed on, and hosts where bytes are carried", () => {
    const { mesh } = goldenCase("gateway-behind-proxies");
    assert.deepEqual(
      gatewayRoutes(mesh).map(({ scheme, port, host, path }) => `${scheme} ${port} ${host} ${path}`),
      ["http 80 edge.example /", "tls 443 edge.example ", "tcp 3000 edge.example "],
    );
  });
});
