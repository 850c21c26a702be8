import { findKind } from "./kinds.ts";
import type { KubeObject } from "./object.ts";
import type { Deployment } from "./schema/apps.ts";
import type { SchemaNode } from "./schema/build.ts";
import type { Container } from "./schema/container.ts";
import type { Secret } from "./schema/core.ts";
import type { Pod, PodSpec } from "./schema/pod.ts";
import type { RoleBinding } from "./schema/rbac.ts";
import type { Service } from "./schema/service.ts";

/** The object with the fields the API server would fill in. A copy: what was given stays as it was. */
export function applyDefaults<T extends KubeObject>(object: T): T {
  const kind = findKind(object.apiVersion, object.kind);
  const copy = structuredClone(object);
  if (!kind) return copy;
  shapes[kind.kind]?.(copy);
  fill(kind.schema, copy);
  return copy;
}

/** Defaults of the schema, inside what is there. */
function fill(schema: SchemaNode, value: unknown): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) fill(schema.items, item);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const fields = value as Record<string, unknown>;
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (fields[name] === undefined || fields[name] === null) {
      if (field.default !== undefined) fields[name] = structuredClone(field.default);
    } else fill(field, fields[name]);
  }
  const rest = schema.additionalProperties;
  if (typeof rest === "object") for (const item of Object.values(fields)) fill(rest, item);
}

/** Defaults that depend on other fields, or make an object that the schema's own defaults then fill. */
const shapes: Readonly<Record<string, (object: KubeObject) => void>> = {
  Pod(object) {
    const { spec } = object as Partial<Pod>;
    if (!spec) return;
    podDefaults(spec);
    spec.serviceAccountName ??= "default";
    spec.serviceAccount ??= spec.serviceAccountName;
  },
  Deployment(object) {
    const { spec } = object as Partial<Deployment>;
    if (!spec) return;
    spec.strategy ??= {};
    if ((spec.strategy.type ?? "RollingUpdate") === "RollingUpdate") spec.strategy.rollingUpdate ??= {};
    if (spec.template?.spec) podDefaults(spec.template.spec);
  },
  ReplicaSet(object) {
    const { spec } = object as Partial<Deployment>;
    if (spec?.template?.spec) podDefaults(spec.template.spec);
  },
  Service(object) {
    const { spec } = object as Service;
    if (!spec) return;
    const type = spec.type ?? "ClusterIP";
    for (const port of spec.ports ?? []) port.targetPort ??= port.port;
    if (spec.sessionAffinity === "ClientIP") spec.sessionAffinityConfig ??= { clientIP: {} };
    if (type !== "ExternalName") {
      spec.internalTrafficPolicy ??= "Cluster";
      spec.ipFamilies ??= ["IPv4"];
      spec.ipFamilyPolicy ??= "SingleStack";
    }
    if (type === "NodePort" || type === "LoadBalancer") spec.externalTrafficPolicy ??= "Cluster";
    if (type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
  },
  Secret(object) {
    const secret = object as unknown as Secret;
    if (!secret.stringData) return;
    const data = (secret.data ??= {});
    for (const [key, value] of Object.entries(secret.stringData)) data[key] = base64(value);
    delete secret.stringData;
  },
  RoleBinding: bindingDefaults,
  ClusterRoleBinding: bindingDefaults,
};

function bindingDefaults(object: KubeObject): void {
  const binding = object as unknown as Partial<RoleBinding>;
  if (binding.roleRef) binding.roleRef.apiGroup ||= "rbac.authorization.k8s.io";
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ??= "rbac.authorization.k8s.io";
  }
}

function podDefaults(spec: PodSpec): void {
  spec.securityContext ??= {};
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) containerDefaults(container);
  for (const volume of spec.volumes ?? []) if (Object.keys(volume).length === 1) volume.emptyDir = {};
}

function containerDefaults(container: Container): void {
  container.resources ??= {};
  const { limits } = container.resources;
  if (limits) container.resources.requests = { ...limits, ...container.resources.requests };
  if (container.image !== undefined) container.imagePullPolicy ??= pullPolicy(container.image);
}

/** Always for `:latest` and for no tag at all, unless a digest pins it. */
function pullPolicy(image: string): "Always" | "IfNotPresent" {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

function base64(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCodePoint(byte);
  return btoa(bytes);
}
