import type { ConfigMap, Container, Pod, PodSpec, Secret, Service } from "../../model/index.ts";
import type { OrderInput } from "./input.ts";

/** Objects for the tests of this room. */
export function samplePod(container: Partial<Container>, spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web-1",
      namespace: "shop",
      uid: "u-1",
      labels: { app: "web", tier: "front" },
      annotations: { note: 'say "hi"' },
    },
    spec: {
      containers: [{ name: "app", command: ["run"], ...container }],
      automountServiceAccountToken: false,
      ...spec,
    },
  };
}

export function sampleConfigMap(name: string, data: Record<string, string>): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data };
}

export function sampleSecret(name: string, data: Record<string, string>): Secret {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "shop" },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
}

export function sampleService(name: string, clusterIP: string, ...ports: { name?: string; port: number }[]): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "shop" }, spec: { clusterIP, ports } };
}

export function sampleInput(
  pod: Pod,
  more: Partial<OrderInput> & Partial<OrderInput["namespaceObjects"]> = {},
): OrderInput {
  const { configMaps = [], secrets = [], services = [], serviceAccount, ...rest } = more;
  return {
    pod,
    namespaceObjects: { configMaps, secrets, services, serviceAccount },
    catalogs: [],
    nodeName: "laptop",
    nodeIP: "10.244.0.1",
    token: ({ serviceAccount, audiences = ["api"], lifetime }) =>
      `${serviceAccount}/${audiences.join()}/${lifetime ?? 0}`,
    caBundle: "CA",
    serviceAddress: ({ spec }) => spec?.clusterIP ?? "",
    ...rest,
  };
}
