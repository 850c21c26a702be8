import type { EndpointSlice, Service } from "../model/index.ts";
import { serviceHost } from "./names.ts";
import { protocolOf } from "./protocol.ts";
import type { Endpoint, MeshService, ServicePort } from "./service.ts";
import { annotatedVisibility } from "./visibility.ts";
import type { Workload } from "./workload.ts";

/**
 * The registry entry of a Kubernetes Service. `slices` are its own; `workloads` finds a pod's workload by `namespace/name`.
 * `autoAddress` is given to an ExternalName service, so that its connections can be told apart.
 */
export function kubernetesService(
  service: Service,
  slices: readonly EndpointSlice[],
  workloads: (key: string) => Workload | undefined,
  autoAddress: string | undefined,
): MeshService {
  const name = service.metadata.name ?? "";
  const namespace = service.metadata.namespace ?? "default";
  const spec = service.spec ?? {};
  const externalName = spec.type === "ExternalName" ? spec.externalName : undefined;
  const clusterIps = (spec.clusterIPs ?? [spec.clusterIP ?? ""]).filter((ip) => ip !== "" && ip !== "None");
  const ports = (spec.ports ?? []).map((port): ServicePort => ({
    name: port.name ?? "",
    port: port.port,
    protocol: protocolOf(port),
    endpoints:
      externalName === undefined
        ? slices.flatMap((slice) => sliceEndpoints(slice, port.name ?? "", namespace, workloads))
        : [plainEndpoint(externalName, port.port)],
  }));
  return {
    host: serviceHost(name, namespace),
    name,
    namespace,
    registry: "Kubernetes",
    resolution: externalName === undefined ? (clusterIps.length > 0 ? "vip" : "headless") : "dns",
    addresses: externalName === undefined ? clusterIps : autoAddress === undefined ? [] : [autoAddress],
    ports,
    visibility: annotatedVisibility(service.metadata.annotations?.["networking.istio.io/exportTo"], namespace),
    external: externalName !== undefined,
    created: service.metadata.creationTimestamp ?? "",
    source: service,
  };
}

/** The endpoints of a slice for the port of that name. */
function sliceEndpoints(
  slice: EndpointSlice,
  portName: string,
  namespace: string,
  workloads: (key: string) => Workload | undefined,
): Endpoint[] {
  const port = (slice.ports ?? []).find((entry) => (entry.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const target = endpoint.targetRef;
    const workload =
      target?.kind === "Pod" ? workloads(`${target.namespace ?? namespace}/${target.name ?? ""}`) : undefined;
    return endpoint.addresses.map((address) => ({
      address,
      port,
      ready: endpoint.conditions?.ready !== false,
      labels: workload?.labels ?? {},
      workload,
      hostname: endpoint.hostname,
      weight: 1,
      locality: endpoint.zone === undefined ? "" : `/${endpoint.zone}/`,
    }));
  });
}

export function plainEndpoint(address: string, port: number): Endpoint {
  return { address, port, ready: true, labels: {}, workload: undefined, hostname: undefined, weight: 1, locality: "" };
}
