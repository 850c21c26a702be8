import { randomUUID } from "node:crypto";
import type { Kind, KubeObject } from "../model/index.ts";
import { badRequest, type Cause, invalid } from "./faults.ts";
import { apiVersionOf } from "./kind-table.ts";
import { isObject, sameJson } from "./patch/json-value.ts";

/** A copy that shares nothing with what came in, without what JSON cannot hold. */
export function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** The form `2024-01-01T00:00:00Z`. */
export function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+/, "");
}

/** Takes a body for an object of this kind at this place: what is missing is taken from the URL, what contradicts it is refused. */
export function placed(kind: Kind, body: unknown, namespace: string | undefined, name?: string): KubeObject {
  if (!isObject(body)) throw badRequest("the body of the request must be an object");
  const draft = copyOf(body) as unknown as KubeObject;
  const version = draft.apiVersion ?? apiVersionOf(kind);
  const title = draft.kind ?? kind.kind;
  if (title !== kind.kind || !kind.versions.some((known) => apiVersionOf(kind, known) === version)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): found ${JSON.stringify(`${version}, Kind=${title}`)}`,
    );
  }
  draft.kind = kind.kind;
  draft.apiVersion = version;
  if (draft.metadata === undefined || draft.metadata === null) draft.metadata = {};
  if (!isObject(draft.metadata)) throw badRequest("metadata must be an object");
  const { metadata } = draft;
  if (kind.namespaced) {
    if (metadata.namespace && metadata.namespace !== namespace) {
      throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
    }
    metadata.namespace = namespace ?? "default";
  } else delete metadata.namespace;
  if (name !== undefined) {
    metadata.name ||= name;
    const given: unknown = metadata.name;
    if (given !== name) {
      throw badRequest(`the name of the object (${String(given)}) does not match the name on the URL (${name})`);
    }
  }
  return draft;
}

/** No vowels and nothing that looks alike, as in Kubernetes. */
const letters = "bcdfghjklmnpqrstvwxz2456789";

/** Makes a placed body a new object: name, identity, and the status it begins with. */
export function asNew(kind: Kind, draft: KubeObject, now: number): void {
  const { metadata } = draft;
  if (metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  if (!metadata.name) {
    if (!metadata.generateName) {
      const field = "metadata.name";
      throw invalid(kind, "", [
        { reason: "FieldValueRequired", message: "Required value: name or generateName is required", field },
      ]);
    }
    const bytes = crypto.getRandomValues(new Uint8Array(5));
    metadata.name = metadata.generateName + [...bytes].map((byte) => letters[byte % letters.length]).join("");
  }
  draft.metadata = {
    ...metadata,
    uid: randomUUID(),
    creationTimestamp: timestamp(now),
    ...(hasGeneration(kind, draft) && { generation: 1 }),
  };
  for (const field of [
    "resourceVersion",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
  ] as const) {
    delete draft.metadata[field];
  }
  if (kind.status) delete draft["status"];
  if (isCore(kind, "Pod")) draft["status"] = { phase: "Pending" };
  if (isCore(kind, "Namespace")) {
    draft["status"] = { phase: "Active" };
    draft["spec"] = { finalizers: ["kubernetes"] };
    draft.metadata.labels = { ...draft.metadata.labels, "kubernetes.io/metadata.name": metadata.name };
  }
}

/** Makes a placed body the successor of `current`; what only the system writes is kept. */
export function asSuccessor(kind: Kind, draft: KubeObject, current: KubeObject): void {
  const { metadata } = draft;
  const before = current.metadata;
  draft.metadata = { ...metadata };
  for (const field of [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "generateName",
    "resourceVersion",
  ] as const) {
    if (before[field] === undefined) delete draft.metadata[field];
    else Object.assign(draft.metadata, { [field]: before[field] });
  }
  delete draft.metadata.managedFields;
  delete draft.metadata.selfLink;
  if (kind.status) keepField(draft, current, "status");
  if (isCore(kind, "Namespace")) {
    if (before.deletionTimestamp === undefined) keepField(draft, current, "spec");
    draft.metadata.labels = { ...draft.metadata.labels, "kubernetes.io/metadata.name": before.name ?? "" };
  }
}

/** `generation` counts the wishes: everything but metadata and status. */
export function countGeneration(kind: Kind, draft: KubeObject, current: KubeObject): void {
  if (!hasGeneration(kind, draft)) return;
  const wish = ({ metadata: _metadata, status: _status, apiVersion: _apiVersion, ...rest }: KubeObject) => rest;
  const generation = current.metadata.generation ?? 1;
  draft.metadata.generation = sameJson(wish(draft), wish(current)) ? generation : generation + 1;
}

/** What may not change once written. */
export function immutableFields(kind: Kind, draft: KubeObject, current: KubeObject): Cause[] {
  const paths: string[] = [];
  if (["Deployment", "ReplicaSet"].includes(kind.kind) && kind.group === "apps") paths.push("spec.selector");
  if (kind.group === "rbac.authorization.k8s.io" && kind.kind.endsWith("Binding")) paths.push("roleRef");
  if (isCore(kind, "Secret")) paths.push("type");
  if (current["immutable"] === true) paths.push("data", "binaryData", "immutable");
  const causes = paths.flatMap((path) => {
    const [before, after] = [at(current, path), at(draft, path)];
    if (sameJson(before, after)) return [];
    return [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${JSON.stringify(after ?? null)}: field is immutable`,
        field: path,
      },
    ];
  });
  const added = draft.metadata.finalizers?.filter((name) => !current.metadata.finalizers?.includes(name)) ?? [];
  if (current.metadata.deletionTimestamp && added.length > 0) {
    const message = "Forbidden: no new finalizers can be added if the object is being deleted";
    causes.push({ reason: "FieldValueForbidden", message, field: "metadata.finalizers" });
  }
  return causes;
}

export function isCore(kind: Kind, title: string): boolean {
  return kind.group === "" && kind.kind === title;
}

function hasGeneration(kind: Kind, draft: KubeObject): boolean {
  return draft["spec"] !== undefined && !isCore(kind, "Namespace") && !isCore(kind, "Service");
}

function keepField(draft: KubeObject, current: KubeObject, field: string): void {
  if (current[field] === undefined) delete draft[field];
  else draft[field] = current[field];
}

function at(object: KubeObject, path: string): unknown {
  return path.split(".").reduce<unknown>((value, part) => (isObject(value) ? value[part] : undefined), object);
}
