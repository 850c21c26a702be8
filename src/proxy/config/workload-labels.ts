import type { Metadata, Node } from "../../xds/index.ts";
import type { DestinationService, WorkloadLabels } from "./contract.ts";

const unknown = "unknown";

/** Of a workload nobody described. */
export const unknownWorkload: WorkloadLabels = {
  workload: unknown,
  namespace: unknown,
  app: unknown,
  version: unknown,
  canonicalService: unknown,
  canonicalRevision: "latest",
  cluster: unknown,
  principal: unknown,
};

/** Who a hosted workload is, from its node. A node outside the mesh has no identity. */
export function workloadLabels(node: Node, trustDomain = "cluster.local"): WorkloadLabels {
  const { metadata } = node;
  const labels = metadata.LABELS;
  const app = labels["app"];
  return {
    workload: metadata.WORKLOAD_NAME,
    namespace: metadata.NAMESPACE,
    app: app ?? unknown,
    version: labels["version"] ?? unknown,
    canonicalService:
      labels["service.istio.io/canonical-name"] ?? labels["app.kubernetes.io/name"] ?? app ?? metadata.WORKLOAD_NAME,
    canonicalRevision:
      labels["service.istio.io/canonical-revision"] ??
      labels["app.kubernetes.io/version"] ??
      labels["version"] ??
      "latest",
    cluster: metadata.CLUSTER_ID,
    principal: metadata.MESHED
      ? `spiffe://${trustDomain}/ns/${metadata.NAMESPACE}/sa/${metadata.SERVICE_ACCOUNT}`
      : unknown,
  };
}

/** Who an endpoint is, from `filter_metadata.istio`: `workload` in Istio's form, and `app`, `version`, `principal` where known. */
export function endpointLabels(metadata: Metadata | undefined): WorkloadLabels {
  const istio = metadata?.filter_metadata?.["istio"];
  const workload = istio?.["workload"];
  if (typeof workload !== "string") return unknownWorkload;
  const [name, namespace, canonicalService, canonicalRevision, cluster] = workload.split(";");
  const stated = (key: string) => {
    const value = istio?.[key];
    return typeof value === "string" && value !== "" ? value : unknown;
  };
  return {
    workload: name || unknown,
    namespace: namespace || unknown,
    app: stated("app"),
    version: stated("version"),
    canonicalService: canonicalService || unknown,
    canonicalRevision: canonicalRevision || "latest",
    cluster: cluster || unknown,
    principal: stated("principal"),
  };
}

/** The service a cluster stands for: from its metadata, else from its name in Istio's form, else the name itself. */
export function destinationService(cluster: {
  readonly name: string;
  readonly metadata?: Metadata;
}): DestinationService {
  const services = cluster.metadata?.filter_metadata?.["istio"]?.["services"];
  const first: unknown = Array.isArray(services) ? services[0] : undefined;
  if (typeof first === "object" && first !== null) {
    const { host, name, namespace } = first as Record<string, unknown>;
    const word = (value: unknown) => (typeof value === "string" && value !== "" ? value : unknown);
    return { host: word(host), name: word(name), namespace: word(namespace) };
  }
  const host = cluster.name.split("|")[3];
  if (host) return { host, name: host, namespace: unknown };
  return { host: unknown, name: cluster.name, namespace: unknown };
}
