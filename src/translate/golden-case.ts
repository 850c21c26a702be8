import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { defaultSettings, inputFrom, resolveMesh, selects, type Mesh, type MeshSettings } from "../mesh/index.ts";
import type { EndpointSlice, KubeObject, Pod, Service } from "../model/index.ts";
import type { Node, ResourceSet } from "../xds/index.ts";
import { gatewayNodeOf, nodeOf } from "./node.ts";

/** Test support: one golden folder's input, resolved. */
export interface GoldenCase {
  readonly mesh: Mesh;
  readonly nodes: ReadonlyMap<string, Node>;
}

const folder = join(import.meta.dirname, "golden");

/**
 * `input.yaml` of a situation, on top of `bookinfo.yaml` unless it says `# alone`. `# nodes:` lists pods or `gateway`
 * (else productpage's), `# settings:` is JSON over the defaults. EndpointSlices follow from Services and Pods.
 */
export function goldenCase(situation: string): GoldenCase {
  const text = readFileSync(join(folder, situation, "input.yaml"), "utf8");
  const base = /^# alone/m.test(text) ? "" : readFileSync(join(folder, "bookinfo.yaml"), "utf8");
  const settings: MeshSettings = { ...defaultSettings, ...JSON.parse(/^# settings: (.*)$/m.exec(text)?.[1] ?? "{}") };
  const written = [...documents(base), ...documents(text)];
  const mesh = resolveMesh(inputFrom([...written, ...slicesFor(written)], settings));
  const names = (/^# nodes: (.*)$/m.exec(text)?.[1] ?? "productpage-1").split(", ");
  return { mesh, nodes: new Map(names.map((name) => [name, nodeNamed(mesh, name)])) };
}

/** A resource set as a golden file holds it. */
export function goldenText(set: ResourceSet): string {
  const plain = Object.fromEntries(
    Object.entries(set).map(([kind, resources]) => [kind, Object.fromEntries(resources)]),
  );
  return `${JSON.stringify(plain, undefined, 1)}\n`;
}

function documents(text: string): KubeObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: KubeObject | null = document.toJS();
    return value === null ? [] : [value];
  });
}

function nodeNamed(mesh: Mesh, name: string): Node {
  const [gateway] = mesh.settings.gatewayWorkloads;
  if (name === "gateway" && gateway !== undefined) return gatewayNodeOf(gateway, mesh.settings);
  const workload = [...mesh.workloads.values()].find((each) => each.name === name);
  if (workload === undefined) throw new Error(`no pod ${name}`);
  return nodeOf(workload, mesh.settings);
}

/** What the endpoints controller would make of Services and Pods. */
export function slicesFor(objects: readonly KubeObject[]): EndpointSlice[] {
  const { services, pods } = inputFrom(objects);
  return services.flatMap((service) => {
    const selector = service.spec?.selector;
    const namespace = service.metadata.namespace ?? "default";
    if (selector === undefined) return [];
    const own = pods.filter(
      (pod) => (pod.metadata.namespace ?? "default") === namespace && selects(selector, pod.metadata.labels ?? {}),
    );
    return [sliceOf(service, namespace, own)];
  });
}

function sliceOf(service: Service, namespace: string, pods: readonly Pod[]): EndpointSlice {
  const name = service.metadata.name ?? "";
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: (service.spec?.ports ?? []).map((port) => ({
      name: port.name ?? "",
      port: typeof port.targetPort === "number" ? port.targetPort : port.port,
    })),
    endpoints: pods.map((pod) => ({
      addresses: [pod.status?.podIP ?? ""],
      conditions: { ready: true },
      targetRef: { kind: "Pod", name: pod.metadata.name ?? "", namespace },
      ...(pod.spec?.hostname === undefined ? {} : { hostname: pod.spec.hostname }),
    })),
  };
}
