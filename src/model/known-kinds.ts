import { closest } from "./closest.ts";
import type { Report } from "./finding.ts";
import { allKinds, apiVersionOf, splitApiVersion } from "./kinds.ts";
import type { KubeObject } from "./object.ts";

/** Kinds that exist in Kubernetes, Istio or the Gateway API and are not served yet. Delete a row when its kind is. */
const notServed: readonly { readonly group: string; readonly kinds: readonly string[] }[] = [
  {
    group: "",
    kinds: [
      "Endpoints",
      "LimitRange",
      "PersistentVolume",
      "PersistentVolumeClaim",
      "PodTemplate",
      "ReplicationController",
      "ResourceQuota",
    ],
  },
  { group: "apps", kinds: ["StatefulSet", "DaemonSet", "ControllerRevision"] },
  { group: "batch", kinds: ["Job", "CronJob"] },
  { group: "autoscaling", kinds: ["HorizontalPodAutoscaler"] },
  { group: "policy", kinds: ["PodDisruptionBudget"] },
  { group: "networking.k8s.io", kinds: ["Ingress", "IngressClass", "NetworkPolicy", "IPAddress", "ServiceCIDR"] },
  { group: "storage.k8s.io", kinds: ["StorageClass", "CSIDriver", "CSINode", "VolumeAttachment"] },
  { group: "scheduling.k8s.io", kinds: ["PriorityClass"] },
  { group: "node.k8s.io", kinds: ["RuntimeClass"] },
  { group: "coordination.k8s.io", kinds: ["Lease"] },
  { group: "events.k8s.io", kinds: ["Event"] },
  { group: "certificates.k8s.io", kinds: ["CertificateSigningRequest"] },
  { group: "apiextensions.k8s.io", kinds: ["CustomResourceDefinition"] },
  { group: "apiregistration.k8s.io", kinds: ["APIService"] },
  {
    group: "admissionregistration.k8s.io",
    kinds: [
      "MutatingWebhookConfiguration",
      "ValidatingWebhookConfiguration",
      "ValidatingAdmissionPolicy",
      "ValidatingAdmissionPolicyBinding",
    ],
  },
  { group: "networking.istio.io", kinds: ["Sidecar", "WorkloadEntry", "WorkloadGroup", "EnvoyFilter", "ProxyConfig"] },
  { group: "security.istio.io", kinds: ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"] },
  { group: "telemetry.istio.io", kinds: ["Telemetry"] },
  { group: "extensions.istio.io", kinds: ["WasmPlugin"] },
  { group: "install.istio.io", kinds: ["IstioOperator"] },
  {
    group: "gateway.networking.k8s.io",
    kinds: [
      "GatewayClass",
      "Gateway",
      "HTTPRoute",
      "GRPCRoute",
      "TCPRoute",
      "TLSRoute",
      "UDPRoute",
      "ReferenceGrant",
      "BackendTLSPolicy",
      "ListenerSet",
    ],
  },
];

const ingress =
  "write `apiVersion: networking.k8s.io/v1`; each path then needs `pathType: Prefix` (or Exact), `backend.serviceName` and `backend.servicePort` become `backend.service.name` and `backend.service.port.number`, and the class is `spec.ingressClassName`";
const workload = (kind: string) =>
  `write \`apiVersion: apps/v1\`; ${kind} then needs \`spec.selector.matchLabels\` equal to the labels of \`spec.template.metadata\``;
const moved = (apiVersion: string) => `write \`apiVersion: ${apiVersion}\``;

/** API versions Kubernetes no longer serves, and what to write instead. */
const removed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "extensions/v1beta1": {
    Ingress: ingress,
    Deployment: workload("a Deployment"),
    DaemonSet: workload("a DaemonSet"),
    ReplicaSet: workload("a ReplicaSet"),
    NetworkPolicy: moved("networking.k8s.io/v1"),
    PodSecurityPolicy: "PodSecurityPolicy is gone; use Pod Security admission labels on the namespace",
  },
  "networking.k8s.io/v1beta1": { Ingress: ingress, IngressClass: moved("networking.k8s.io/v1") },
  "apps/v1beta1": { Deployment: workload("a Deployment"), StatefulSet: workload("a StatefulSet") },
  "apps/v1beta2": {
    Deployment: workload("a Deployment"),
    StatefulSet: workload("a StatefulSet"),
    DaemonSet: workload("a DaemonSet"),
    ReplicaSet: workload("a ReplicaSet"),
  },
  "policy/v1beta1": {
    PodDisruptionBudget: moved("policy/v1"),
    PodSecurityPolicy: "PodSecurityPolicy is gone; use Pod Security admission labels on the namespace",
  },
  "batch/v1beta1": { CronJob: moved("batch/v1") },
  "batch/v2alpha1": { CronJob: moved("batch/v1") },
  "discovery.k8s.io/v1beta1": { EndpointSlice: moved("discovery.k8s.io/v1") },
  "autoscaling/v2beta1": { HorizontalPodAutoscaler: moved("autoscaling/v2") },
  "autoscaling/v2beta2": { HorizontalPodAutoscaler: moved("autoscaling/v2") },
  "rbac.authorization.k8s.io/v1alpha1": rbacMoves(),
  "rbac.authorization.k8s.io/v1beta1": rbacMoves(),
  "apiextensions.k8s.io/v1beta1": { CustomResourceDefinition: moved("apiextensions.k8s.io/v1") },
  "storage.k8s.io/v1beta1": { StorageClass: moved("storage.k8s.io/v1") },
  "scheduling.k8s.io/v1beta1": { PriorityClass: moved("scheduling.k8s.io/v1") },
};

function rbacMoves(): Readonly<Record<string, string>> {
  const to = moved("rbac.authorization.k8s.io/v1");
  return { Role: to, ClusterRole: to, RoleBinding: to, ClusterRoleBinding: to };
}

/** Says why an object's kind is not served. */
export function reportKind({ apiVersion, kind, metadata }: KubeObject, report: Report): void {
  const { group, version } = splitApiVersion(apiVersion);
  const { name = "", namespace = "" } = metadata;
  const file = report.file;
  // kubectl's words, which people search for.
  const unmapped = (reason: string) =>
    `resource mapping not found for name: "${name}" namespace: "${namespace}"${file === undefined ? "" : ` from "${file}"`}: ${reason}\nensure CRDs are installed first`;
  const noMatch = `no matches for kind "${kind}" in version "${apiVersion}"`;
  const instead = removed[apiVersion]?.[kind];
  if (instead !== undefined) {
    report.add(["apiVersion"], "removed-api", unmapped(noMatch), {
      remedy: `this version of the API was removed from Kubernetes: ${instead}`,
    });
    return;
  }
  const sameKind = allKinds.find((row) => row.kind === kind);
  if (sameKind?.group === group) {
    report.add(["apiVersion"], "unknown-version", unmapped(noMatch), {
      remedy: `write \`apiVersion: ${apiVersionOf(sameKind)}\` (not ${version})`,
    });
    return;
  }
  if (notServed.some((row) => row.group === group && row.kinds.includes(kind))) {
    const message = `${kind} of ${group === "" ? "the core group" : group} is understood, but not yet acted on: the object is left out`;
    report.warn(["kind"], "kind-not-served", message);
    return;
  }
  const otherGroup = sameKind ? apiVersionOf(sameKind) : undefined;
  const meant = closest(kind, [...allKinds.map((row) => row.kind), ...notServed.flatMap((row) => row.kinds)]);
  const remedy = otherGroup
    ? `${kind} is in \`apiVersion: ${otherGroup}\``
    : meant && meant !== kind
      ? `did you mean \`${meant}\`?`
      : undefined;
  report.add([otherGroup ? "apiVersion" : "kind"], "unknown-kind", unmapped(noMatch), {
    remedy,
  });
}
