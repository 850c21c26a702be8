import type { EndpointSlice, Pod, Service, ServicePort } from "../../model/index.ts";
import { hasEnded, isReady } from "../pod-state.ts";

export type Endpoint = NonNullable<EndpointSlice["endpoints"]>[number];
export type EndpointPort = NonNullable<EndpointSlice["ports"]>[number];

/** Pods of a service that are reached on the same port numbers: a named target port may be another number in each pod. */
export interface PortGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * The backends of a service among the pods of its namespace. Never empty: without pods, one group without endpoints,
 * so that the service is seen to have none. Undefined for a service whose endpoints are not made from pods.
 */
export function portGroups(service: Service, pods: readonly Pod[]): PortGroup[] | undefined {
  if (!hasBackends(service)) return undefined;
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    if (!selects(service, pod)) continue;
    const endpoint = endpointOf(service, pod);
    if (endpoint === undefined) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpoint);
    groups.set(key, group);
  }
  if (groups.size === 0) return [{ ports: [], endpoints: [] }];
  return [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group);
}

/** Whether the pod carries the labels the service names. Says nothing of the pod's state. */
export function selects(service: Service, pod: Pod): boolean {
  if (!hasBackends(service) || pod.metadata.namespace !== service.metadata.namespace) return false;
  const labels = pod.metadata.labels ?? {};
  return Object.entries(service.spec?.selector ?? {}).every(([key, value]) => labels[key] === value);
}

function hasBackends({ spec }: Service): boolean {
  return spec?.type !== "ExternalName" && Object.keys(spec?.selector ?? {}).length > 0;
}

/** The pod as a backend; undefined while it has no address, and once its programs have ended. */
function endpointOf(service: Service, pod: Pod): Endpoint | undefined {
  const { metadata, spec, status } = pod;
  const address = status?.podIP;
  if (!address || hasEnded(status.phase)) return undefined;
  const serving = isReady(pod);
  const terminating = metadata.deletionTimestamp !== undefined;
  const isNamed = spec.hostname !== undefined && spec.subdomain === service.metadata.name;
  return {
    addresses: [address],
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(isNamed && { hostname: spec.hostname }),
    targetRef: {
      kind: "Pod",
      namespace: metadata.namespace ?? "default",
      name: metadata.name ?? "",
      uid: metadata.uid ?? "",
    },
    ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
  };
}

/** The service's ports in this pod. A named target port that no container has is left out. */
function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = port;
    return [{ name, port: number, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

function targetPort({ port, protocol = "TCP", targetPort = port }: ServicePort, { spec }: Pod): number | undefined {
  if (typeof targetPort === "number") return targetPort || port;
  if (/^\d+$/.test(targetPort)) return Number(targetPort) || port;
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  for (const { ports = [] } of [...spec.containers, ...sidecars]) {
    for (const { name, containerPort, protocol: spoken = "TCP" } of ports) {
      if (name === targetPort && spoken === protocol) return containerPort;
    }
  }
  return undefined;
}
