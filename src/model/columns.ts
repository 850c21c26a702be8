import type { Column } from "./kind.ts";
import type { KubeObject } from "./object.ts";
import { podReady, podRestarts, podStatus } from "./pod-columns.ts";
import type { Deployment, ReplicaSet } from "./schema/apps.ts";
import type { ConfigMap, Event, Namespace, Node, Secret, ServiceAccount } from "./schema/core.ts";
import type { DestinationRule } from "./schema/destination-rule.ts";
import type { ImageCatalog } from "./schema/image-catalog.ts";
import type { LabelSelector } from "./schema/meta.ts";
import type { Pod, PodTemplate } from "./schema/pod.ts";
import type { RoleBinding } from "./schema/rbac.ts";
import type { EndpointSlice, Service } from "./schema/service.ts";
import type { ServiceEntry } from "./schema/service-entry.ts";
import type { VirtualService } from "./schema/virtual-service.ts";

/** A length of time as kubectl prints it: `45s`, `5m30s`, `3h`, `2d4h`, `1y20d`. */
function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const two = (size: number, unit: string, small: number, smaller: string) => {
    const rest = Math.floor((seconds % size) / small);
    return `${Math.floor(seconds / size)}${unit}${rest === 0 ? "" : `${rest}${smaller}`}`;
  };
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(60, "m", 1, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(3600, "h", 60, "m");
  if (hours < 48) return `${hours}h`;
  if (hours < 192) return two(86_400, "d", 3600, "h");
  const days = Math.floor(hours / 24);
  if (days < 730) return `${days}d`;
  return days < 2920 ? two(31_536_000, "y", 86_400, "d") : `${Math.floor(days / 365)}y`;
}

/** The age of something, or `<unknown>`. */
function ageOf(timestamp: string | undefined, now: number): string {
  const since = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(since) ? "<unknown>" : humanDuration(now - since);
}

type Cell<T, Value = string | number> = (object: T, now: number) => Value;

function column<T extends KubeObject>(name: string, description: string, cell: Cell<T>, wide = false): Column {
  return { name, type: "string", description, priority: wide ? 1 : 0, cell: cell as unknown as Cell<KubeObject> };
}
function count<T extends KubeObject>(name: string, description: string, cell: Cell<T, number | undefined>): Column {
  return {
    name,
    type: "integer",
    description,
    priority: 0,
    cell: (object, now) => cell(object as unknown as T, now) ?? 0,
  };
}

const name = column("Name", "Name of the object.", (object) => object.metadata.name ?? "");
const age = column("Age", "Time since its creation.", (object, now) => ageOf(object.metadata.creationTimestamp, now));

const orNone = (text: string | undefined) => (text === undefined || text === "" ? "<none>" : text);
const pairs = (labels: Readonly<Record<string, string>> | undefined) =>
  Object.entries(labels ?? {})
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
const list = (items: readonly string[] | undefined) => (items?.length ? JSON.stringify(items) : "");

function selectorText(selector: LabelSelector | undefined): string {
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    return operator === "DoesNotExist" ? `!${key}` : `${key} ${operator.toLowerCase()} (${values.join(",")})`;
  });
  return orNone([pairs(selector?.matchLabels), ...expressions].filter((part) => part !== "").join(","));
}

const template = <T extends KubeObject>(
  of: (object: T) => PodTemplate | undefined,
  selector: (object: T) => LabelSelector | undefined,
) => [
  column<T>(
    "Containers",
    "Names of the containers.",
    (object) => (of(object)?.spec?.containers ?? []).map((item) => item.name).join(","),
    true,
  ),
  column<T>(
    "Images",
    "Images of the containers.",
    (object) => (of(object)?.spec?.containers ?? []).map((item) => item.image ?? "").join(","),
    true,
  ),
  column<T>("Selector", "Which pods.", (object) => selectorText(selector(object)), true),
];

function externalAddress({ spec, status }: Service): string {
  if (spec?.type === "ExternalName") return orNone(spec.externalName);
  const ingress = (status?.loadBalancer?.ingress ?? [])
    .map((item) => item.ip ?? item.hostname ?? "")
    .filter((item) => item !== "");
  const all = [...ingress, ...(spec?.externalIPs ?? [])];
  if (all.length > 0) return all.join(",");
  return spec?.type === "LoadBalancer" ? "<pending>" : "<none>";
}

const servicePorts = ({ spec }: Service) =>
  orNone(
    (spec?.ports ?? [])
      .map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ""}/${port.protocol ?? "TCP"}`)
      .join(","),
  );

const subjects = (kind: string) => (binding: RoleBinding) =>
  (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace ?? ""}/${subject.name}` : subject.name))
    .join(", ");

const binding = [
  name,
  column<RoleBinding>("Role", "The role given.", (object) => `${object.roleRef.kind}/${object.roleRef.name}`),
  age,
  column<RoleBinding>("Users", "Users.", subjects("User"), true),
  column<RoleBinding>("Groups", "Groups.", subjects("Group"), true),
  column<RoleBinding>("ServiceAccounts", "Service accounts.", subjects("ServiceAccount"), true),
];
const created = { type: "date", name: "Created At", description: "Creation.", priority: 0 } as const;
const nodeAddress = (type: string) => (object: Node) =>
  orNone((object.status?.addresses ?? []).find((item) => item.type === type)?.address);
const info = (field: "kubeletVersion" | "osImage" | "kernelVersion" | "containerRuntimeVersion") => (object: Node) =>
  object.status?.nodeInfo?.[field] ?? "<unknown>";
const eventSeen = (event: Event) =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;

/** What `kubectl get` shows, by kind. */
export const columns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    name,
    column<Pod>("Ready", "Ready containers out of all.", podReady),
    column<Pod>("Status", "What the pod is doing.", podStatus),
    column<Pod>("Restarts", "Restarts of its containers.", (pod, now) => podRestarts(pod, (time) => ageOf(time, now))),
    age,
    column<Pod>("IP", "Its address.", (pod) => orNone(pod.status?.podIP), true),
    column<Pod>("Node", "Its node.", (pod) => orNone(pod.spec.nodeName), true),
    column<Pod>("Nominated Node", "Node kept for it.", (pod) => orNone(pod.status?.nominatedNodeName), true),
    column<Pod>(
      "Readiness Gates",
      "Conditions that readiness needs.",
      (pod) => {
        const gates = pod.spec.readinessGates ?? [];
        const held = gates.filter((gate) =>
          pod.status?.conditions?.some((item) => item.type === gate.conditionType && item.status === "True"),
        );
        return gates.length === 0 ? "<none>" : `${held.length}/${gates.length}`;
      },
      true,
    ),
  ],
  Service: [
    name,
    column<Service>("Type", "How it is reached.", (service) => service.spec?.type ?? "ClusterIP"),
    column<Service>("Cluster-IP", "Its address.", (service) => orNone(service.spec?.clusterIP)),
    column<Service>("External-IP", "Its outside address.", externalAddress),
    column<Service>("Port(s)", "Its ports.", servicePorts),
    age,
    column<Service>("Selector", "Which pods.", (service) => orNone(pairs(service.spec?.selector)), true),
  ],
  Deployment: [
    name,
    column<Deployment>(
      "Ready",
      "Ready pods out of those wanted.",
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
    ),
    count<Deployment>("Up-to-date", "Pods of the newest template.", ({ status }) => status?.updatedReplicas),
    count<Deployment>("Available", "Available pods.", ({ status }) => status?.availableReplicas),
    age,
    ...template<Deployment>(
      ({ spec }) => spec.template,
      ({ spec }) => spec.selector,
    ),
  ],
  ReplicaSet: [
    name,
    count<ReplicaSet>("Desired", "Pods wanted.", ({ spec }) => spec.replicas ?? 1),
    count<ReplicaSet>("Current", "Pods there.", ({ status }) => status?.replicas),
    count<ReplicaSet>("Ready", "Ready pods.", ({ status }) => status?.readyReplicas),
    age,
    ...template<ReplicaSet>(
      ({ spec }) => spec.template,
      ({ spec }) => spec.selector,
    ),
  ],
  EndpointSlice: [
    name,
    column<EndpointSlice>("AddressType", "Kind of addresses.", (slice) => slice.addressType),
    column<EndpointSlice>("Ports", "Ports.", (slice) =>
      slice.ports?.length ? slice.ports.map((port) => port.port ?? "*").join(",") : "<unset>",
    ),
    column<EndpointSlice>("Endpoints", "Addresses.", ({ endpoints }) => {
      const all = endpoints.flatMap((item) => item.addresses);
      return all.length === 0
        ? "<unset>"
        : `${all.slice(0, 3).join(",")}${all.length > 3 ? ` + ${all.length - 3} more...` : ""}`;
    }),
    age,
  ],
  Namespace: [name, column<Namespace>("Status", "Phase.", ({ status }) => status?.phase ?? "Active"), age],
  ConfigMap: [
    name,
    count<ConfigMap>(
      "Data",
      "Number of keys.",
      (object) => Object.keys({ ...object.data, ...object.binaryData }).length,
    ),
    age,
  ],
  Secret: [
    name,
    column<Secret>("Type", "What it is for.", (object) => object.type ?? "Opaque"),
    count<Secret>("Data", "Number of keys.", (object) => Object.keys(object.data ?? {}).length),
    age,
  ],
  ServiceAccount: [
    name,
    count<ServiceAccount>("Secrets", "Number of secrets.", (object) => object.secrets?.length),
    age,
  ],
  Node: [
    name,
    column<Node>("Status", "State.", ({ spec, status }) => {
      const ready = status?.conditions?.find((item) => item.type === "Ready")?.status;
      return `${ready === "True" ? "Ready" : ready === undefined ? "Unknown" : "NotReady"}${spec?.unschedulable ? ",SchedulingDisabled" : ""}`;
    }),
    column<Node>("Roles", "Roles.", ({ metadata }) => {
      const prefix = "node-role.kubernetes.io/";
      return orNone(
        Object.keys(metadata.labels ?? {})
          .filter((key) => key.startsWith(prefix))
          .map((key) => key.slice(prefix.length))
          .join(","),
      );
    }),
    age,
    column<Node>("Version", "Version.", info("kubeletVersion")),
    column<Node>("Internal-IP", "Address inside.", nodeAddress("InternalIP"), true),
    column<Node>("External-IP", "Address outside.", nodeAddress("ExternalIP"), true),
    column<Node>("OS-Image", "Operating system.", info("osImage"), true),
    column<Node>("Kernel-Version", "Kernel.", info("kernelVersion"), true),
    column<Node>("Container-Runtime", "Runtime.", info("containerRuntimeVersion"), true),
  ],
  Event: [
    column<Event>("Last Seen", "Last time.", (event, now) => ageOf(eventSeen(event), now)),
    column<Event>("Type", "Normal or Warning.", (event) => event.type ?? ""),
    column<Event>("Reason", "One word.", (event) => event.reason ?? ""),
    column<Event>(
      "Object",
      "What it is about.",
      ({ involvedObject: { kind = "", name: of = "" } }) => `${kind.toLowerCase()}/${of}`,
    ),
    column<Event>("Subobject", "Which part.", (event) => event.involvedObject.fieldPath ?? "", true),
    column<Event>("Source", "Who says so.", (event) => event.source?.component ?? event.reportingComponent ?? "", true),
    column<Event>("Message", "For people.", (event) => (event.message ?? "").trim()),
    column<Event>(
      "First Seen",
      "First time.",
      (event, now) => ageOf(event.firstTimestamp ?? event.eventTime, now),
      true,
    ),
    column<Event>("Count", "How often.", (event) => event.series?.count ?? event.count ?? 1, true),
    column<Event>("Name", "Name of the event.", (event) => event.metadata.name ?? "", true),
  ],
  Role: [name, { ...created, cell: (object) => object.metadata.creationTimestamp ?? "" }],
  ClusterRole: [name, { ...created, cell: (object) => object.metadata.creationTimestamp ?? "" }],
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  VirtualService: [
    name,
    column<VirtualService>("Gateways", "Gateways it is for.", ({ spec }) => list(spec.gateways)),
    column<VirtualService>("Hosts", "Hosts it is for.", ({ spec }) => list(spec.hosts)),
    age,
  ],
  DestinationRule: [name, column<DestinationRule>("Host", "Host it is for.", ({ spec }) => spec.host), age],
  Gateway: [name, age],
  ServiceEntry: [
    name,
    column<ServiceEntry>("Hosts", "Its names.", ({ spec }) => list(spec.hosts)),
    column<ServiceEntry>("Location", "Whether it belongs to the mesh.", ({ spec }) => spec.location ?? ""),
    column<ServiceEntry>("Resolution", "How endpoints are found.", ({ spec }) => spec.resolution ?? ""),
    age,
  ],
  ImageCatalog: [name, count<ImageCatalog>("Images", "Number of images.", ({ spec }) => spec.images.length), age],
};
