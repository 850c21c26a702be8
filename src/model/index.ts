/** The kinds users write: schema, defaults, validation with positions, printing. Runs in the browser too. */
export * from "./kind.ts";
export * from "./kinds.ts";
export * from "./object.ts";
export type { Deployment, ReplicaSet } from "./schema/apps.ts";
export type {
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  EnvVar,
  LifecycleHook,
  Probe,
  VolumeMount,
} from "./schema/container.ts";
export type { ConfigMap, Event, Namespace, Node, Secret, ServiceAccount } from "./schema/core.ts";
export type { DestinationRule, Subset, TrafficPolicy } from "./schema/destination-rule.ts";
export type { Gateway, GatewayServer } from "./schema/gateway.ts";
export type { ImageCatalog } from "./schema/image-catalog.ts";
export type { HeaderOperations, StringMatch } from "./schema/istio.ts";
export type { Condition, LabelSelector } from "./schema/meta.ts";
export type { Pod, PodSpec, PodStatus, PodTemplate } from "./schema/pod.ts";
export type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "./schema/rbac.ts";
export type { EndpointSlice, Service, ServicePort } from "./schema/service.ts";
export type { ServiceEntry, WorkloadEntrySpec } from "./schema/service-entry.ts";
export type {
  Destination,
  HTTPMatchRequest,
  HTTPRoute,
  HTTPRouteDestination,
  TCPRoute,
  TLSRoute,
  VirtualService,
} from "./schema/virtual-service.ts";
export type { Volume } from "./schema/volume.ts";
export * from "./amount.ts";
export * from "./defaults.ts";
export * from "./selector.ts";
export {
  hostCovers,
  hostsOverlap,
  isCidr,
  isDnsLabel,
  isDnsSubdomain,
  isIp,
  isIpv4,
  isIpv6,
  isLabelKey,
  isLabelValue,
} from "./names.ts";
export { type Finding, faultOf, findingText, type Path, pathText, type Positions } from "./finding.ts";
export * from "./manifest.ts";
export * from "./references.ts";
export * from "./strict.ts";
export * from "./validate.ts";
export { ageOf, humanDuration } from "./columns.ts";
export { podStatus } from "./pod-columns.ts";
