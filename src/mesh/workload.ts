import type { Namespace, Pod } from "../model/index.ts";

/** A running program with an address: a pod, or the plain address of a ServiceEntry's endpoint. */
export interface Workload {
  /** The pod's name. */
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  /** The Deployment (or other owner) it belongs to. */
  readonly workloadName: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  /** False: its connections are carried, not interpreted. */
  readonly meshed: boolean;
  readonly canonicalName: string;
  readonly canonicalRevision: string;
}

/** The workload of a pod; undefined while it has no address or once it has ended. */
export function workloadOf(pod: Pod, namespace: Namespace | undefined): Workload | undefined {
  const address = pod.status?.podIP;
  const phase = pod.status?.phase;
  if (!address || phase === "Succeeded" || phase === "Failed") return undefined;
  const labels = pod.metadata.labels ?? {};
  const workloadName = workloadNameOf(pod);
  return {
    name: pod.metadata.name ?? "",
    namespace: pod.metadata.namespace ?? "default",
    address,
    workloadName,
    serviceAccount: pod.spec?.serviceAccountName ?? "default",
    labels,
    meshed: isMeshed(pod, namespace),
    canonicalName:
      labels["service.istio.io/canonical-name"] ?? labels["app.kubernetes.io/name"] ?? labels["app"] ?? workloadName,
    canonicalRevision:
      labels["service.istio.io/canonical-revision"] ??
      labels["app.kubernetes.io/version"] ??
      labels["version"] ??
      "latest",
  };
}

/**
 * Istio's rules of who is in the mesh, except that without any label everyone is: host networking never,
 * the pod's label before its annotation, both before the namespace's label.
 */
export function isMeshed(pod: Pod, namespace: Namespace | undefined): boolean {
  if (pod.spec?.hostNetwork === true) return false;
  const own = pod.metadata.labels?.["sidecar.istio.io/inject"] ?? pod.metadata.annotations?.["sidecar.istio.io/inject"];
  if (own !== undefined) return !["false", "no", "off", "0"].includes(own.toLowerCase());
  return namespace?.metadata.labels?.["istio-injection"] !== "disabled";
}

/** A ReplicaSet's pods belong to its Deployment: the ReplicaSet's name without the template's hash. */
export function workloadNameOf(pod: Pod): string {
  const name = pod.metadata.name ?? "";
  const owner =
    pod.metadata.ownerReferences?.find((reference) => reference.controller) ?? pod.metadata.ownerReferences?.[0];
  if (owner === undefined) return name;
  const hash = pod.metadata.labels?.["pod-template-hash"];
  if (owner.kind === "ReplicaSet" && hash && owner.name.endsWith(`-${hash}`)) {
    return owner.name.slice(0, -hash.length - 1);
  }
  return owner.name;
}
