import type { TSchema } from "typebox";
import type { Kind } from "./kind.ts";
import type { KubeObject } from "./object.ts";
import { columns } from "./columns.ts";
import { deployment, replicaSet, type Deployment, type ReplicaSet } from "./schema/apps.ts";
import * as core from "./schema/core.ts";
import { destinationRule, type DestinationRule } from "./schema/destination-rule.ts";
import { gateway, type Gateway } from "./schema/gateway.ts";
import { imageCatalog, type ImageCatalog } from "./schema/image-catalog.ts";
import { pod, type Pod } from "./schema/pod.ts";
import * as rbac from "./schema/rbac.ts";
import { endpointSlice, service, type EndpointSlice, type Service } from "./schema/service.ts";
import { serviceEntry, type ServiceEntry } from "./schema/service-entry.ts";
import { virtualService, type VirtualService } from "./schema/virtual-service.ts";

interface Row {
  readonly group: string;
  readonly versions: readonly [string, ...string[]];
  readonly kind: string;
  readonly plural: string;
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  readonly cluster?: boolean;
  readonly status?: boolean;
  readonly strategic?: boolean;
}

function row<T extends KubeObject>(schema: TSchema, fields: Row): Kind<T> {
  return {
    group: fields.group,
    versions: fields.versions,
    kind: fields.kind,
    plural: fields.plural,
    singular: fields.kind.toLowerCase(),
    shortNames: fields.short ?? [],
    categories: fields.categories ?? [],
    namespaced: fields.cluster !== true,
    status: fields.status ?? false,
    strategic: fields.strategic ?? true,
    schema,
    columns: columns[fields.kind] ?? [],
  };
}

const v1 = { group: "", versions: ["v1"] } as const;
const apps = { group: "apps", versions: ["v1"] } as const;
const authorization = { group: "rbac.authorization.k8s.io", versions: ["v1"] } as const;
const istio = {
  group: "networking.istio.io",
  versions: ["v1", "v1beta1", "v1alpha3"],
  categories: ["istio-io", "networking-istio-io"],
  status: true,
  strategic: false,
} as const;

/** Every kind that is served, by its name. */
export const kinds = {
  Namespace: row<core.Namespace>(core.namespace, {
    ...v1,
    kind: "Namespace",
    plural: "namespaces",
    short: ["ns"],
    cluster: true,
    status: true,
  }),
  Node: row<core.Node>(core.node, { ...v1, kind: "Node", plural: "nodes", short: ["no"], cluster: true, status: true }),
  Pod: row<Pod>(pod, { ...v1, kind: "Pod", plural: "pods", short: ["po"], categories: ["all"], status: true }),
  Service: row<Service>(service, {
    ...v1,
    kind: "Service",
    plural: "services",
    short: ["svc"],
    categories: ["all"],
    status: true,
  }),
  ServiceAccount: row<core.ServiceAccount>(core.serviceAccount, {
    ...v1,
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    short: ["sa"],
  }),
  ConfigMap: row<core.ConfigMap>(core.configMap, { ...v1, kind: "ConfigMap", plural: "configmaps", short: ["cm"] }),
  Secret: row<core.Secret>(core.secret, { ...v1, kind: "Secret", plural: "secrets" }),
  Event: row<core.Event>(core.event, { ...v1, kind: "Event", plural: "events", short: ["ev"] }),
  Deployment: row<Deployment>(deployment, {
    ...apps,
    kind: "Deployment",
    plural: "deployments",
    short: ["deploy"],
    categories: ["all"],
    status: true,
  }),
  ReplicaSet: row<ReplicaSet>(replicaSet, {
    ...apps,
    kind: "ReplicaSet",
    plural: "replicasets",
    short: ["rs"],
    categories: ["all"],
    status: true,
  }),
  EndpointSlice: row<EndpointSlice>(endpointSlice, {
    group: "discovery.k8s.io",
    versions: ["v1"],
    kind: "EndpointSlice",
    plural: "endpointslices",
  }),
  ClusterRole: row<rbac.ClusterRole>(rbac.clusterRole, {
    ...authorization,
    kind: "ClusterRole",
    plural: "clusterroles",
    cluster: true,
  }),
  ClusterRoleBinding: row<rbac.ClusterRoleBinding>(rbac.clusterRoleBinding, {
    ...authorization,
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    cluster: true,
  }),
  Role: row<rbac.Role>(rbac.role, { ...authorization, kind: "Role", plural: "roles" }),
  RoleBinding: row<rbac.RoleBinding>(rbac.roleBinding, {
    ...authorization,
    kind: "RoleBinding",
    plural: "rolebindings",
  }),
  VirtualService: row<VirtualService>(virtualService, {
    ...istio,
    kind: "VirtualService",
    plural: "virtualservices",
    short: ["vs"],
  }),
  DestinationRule: row<DestinationRule>(destinationRule, {
    ...istio,
    kind: "DestinationRule",
    plural: "destinationrules",
    short: ["dr"],
  }),
  Gateway: row<Gateway>(gateway, { ...istio, kind: "Gateway", plural: "gateways", short: ["gw"] }),
  ServiceEntry: row<ServiceEntry>(serviceEntry, {
    ...istio,
    kind: "ServiceEntry",
    plural: "serviceentries",
    short: ["se"],
  }),
  ImageCatalog: row<ImageCatalog>(imageCatalog, {
    group: "weft.dev",
    versions: ["v1alpha1"],
    kind: "ImageCatalog",
    plural: "imagecatalogs",
    cluster: true,
    status: true,
    strategic: false,
  }),
} as const;

export const allKinds: readonly Kind[] = Object.values(kinds) as unknown as readonly Kind[];

/** `apps/v1` → group and version; `v1` → the core group. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The `apiVersion` of a kind's preferred version. */
export function apiVersionOf(kind: Pick<Kind, "group" | "versions">): string {
  return kind.group === "" ? kind.versions[0] : `${kind.group}/${kind.versions[0]}`;
}

/** The served kind an object's two first lines name. */
export function findKind(apiVersion: string, kind: string): Kind | undefined {
  const { group, version } = splitApiVersion(apiVersion);
  return allKinds.find((row) => row.kind === kind && row.group === group && row.versions.includes(version));
}
