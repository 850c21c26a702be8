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
} from "./schema/container.ts";
export type { ConfigMap, Event, Namespace, Node, Secret, ServiceAccount } from "./schema/core.ts";
export type { DestinationRule } from "./schema/destination-rule.ts";
export type { Gateway } from "./schema/gateway.ts";
export type { ImageCatalog } from "./schema/image-catalog.ts";
export type { StringMatch } from "./schema/istio.ts";
export type { Condition, LabelSelector } from "./schema/meta.ts";
export type { Pod, PodSpec, PodStatus, PodTemplate } from "./schema/pod.ts";
export type { EndpointSlice, Service, ServicePort } from "./schema/service.ts";
export type { ServiceEntry } from "./schema/service-entry.ts";
export type { VirtualService } from "./schema/virtual-service.ts";
export type { Volume } from "./schema/volume.ts";
export * from "./amount.ts";
export * from "./defaults.ts";
export * from "./selector.ts";
export { type Finding, findingText } from "./finding.ts";
export * from "./manifest.ts";
export * from "./references.ts";
export * from "./strict.ts";
export * from "./validate.ts";
