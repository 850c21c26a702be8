import { inputFrom, type MeshInput } from "./input.ts";
import type { KubeObject } from "../model/index.ts";

/** Test support: objects as short as they can be, all in namespace `default` unless said otherwise. */
export function object(
  kind: string,
  name: string,
  rest: Record<string, unknown> = {},
  metadata: object = {},
): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace: "default", ...metadata }, ...rest };
}

function pod(name: string, address: string, labels: Record<string, string>): KubeObject {
  return object("Pod", name, { spec: { containers: [] }, status: { phase: "Running", podIP: address } }, { labels });
}

export function service(name: string, ports: object[] = [{ name: "http", port: 80 }]): KubeObject {
  return object("Service", name, { spec: { clusterIP: "10.96.0.1", ports } });
}

function slice(of: string, pods: readonly KubeObject[]): KubeObject {
  const endpoints = pods.map((each, index) => ({
    addresses: [`10.244.0.${index + 1}`],
    conditions: { ready: true },
    targetRef: { kind: "Pod", name: each.metadata.name, namespace: "default" },
  }));
  return object(
    "EndpointSlice",
    `${of}-1`,
    { endpoints, ports: [{ name: "http", port: 8080 }] },
    { labels: { "kubernetes.io/service-name": of } },
  );
}

/** A DestinationRule with these subsets, each the label `version`. */
export function subsets(host: string, names: readonly string[], metadata: object = {}): KubeObject {
  const list = names.map((name) => ({ name, labels: { version: name } }));
  return object("DestinationRule", host, { spec: { host, subsets: list } }, metadata);
}

/** A VirtualService that sends all of a host to one subset. */
export function routeTo(host: string, subset?: string, name = host, metadata: object = {}): KubeObject {
  const destination = subset === undefined ? { host } : { host, subset };
  return object("VirtualService", name, { spec: { hosts: [host], http: [{ route: [{ destination }] }] } }, metadata);
}

/** Reviews in two versions. */
export const reviews: readonly KubeObject[] = (() => {
  const pods = [pod("one", "10.244.0.1", { version: "v1" }), pod("two", "10.244.0.2", { version: "v2" })];
  return [service("reviews"), ...pods, slice("reviews", pods)];
})();

export function input(...objects: readonly KubeObject[]): MeshInput {
  return inputFrom(objects);
}
