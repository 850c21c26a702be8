import { type Clock, codeOf, systemClock } from "../base/index.ts";
import { allKinds, type Kind, keyOf, type KubeObject, type ObjectName } from "../model/index.ts";
import { deepFreeze, type Patch, type Store, type Watch } from "../store/index.ts";
import { ClusterAddresses } from "./cluster-addresses.ts";
import { type DeleteRequest, Deletion } from "./deletion.ts";
import { asNew, asSuccessor, copyOf, countGeneration, immutableFields, isCore, placed } from "./draft.ts";
import * as faults from "./faults.ts";
import { KindTable, resourceOf } from "./kind-table.ts";
import { modelRules } from "./model-rules.ts";
import { jsonPatch } from "./patch/json.ts";
import { sameJson } from "./patch/json-value.ts";
import { mergePatch } from "./patch/merge.ts";
import { type PatchSchema, strategicPatch } from "./patch/strategic.ts";
import { type ListAnswer, listObjects, type ListRequest } from "./read.ts";
import type { ObjectRules } from "./rules.ts";
import { selection, type SelectionRequest } from "./selection.ts";

export interface ApiOptions {
  readonly store: Store;
  readonly clock?: Clock;
  /** Default: all kinds of the model. */
  readonly kinds?: readonly Kind[];
  readonly rules?: ObjectRules;
}

export interface WriteRequest {
  readonly dryRun?: boolean;
  /** What to do about fields no schema knows. Default: Warn. */
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  readonly onWarning?: ((text: string) => void) | undefined;
  /** Write status only. */
  readonly status?: boolean;
}

/** Events of a watch as stored; the version is the event's, also for objects that left the selection. */
export type ObjectSink = (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) => void;

/** How often a change is computed anew because another write came first. */
const attempts = 50;

/**
 * The API server without its wire: admission, subresources, deletion and watching over a Store.
 * Objects go in as unknown JSON and come out frozen. Every refusal is an ApiFault in Kubernetes' words.
 */
export class Api {
  readonly kinds: KindTable;
  readonly rules: ObjectRules;
  readonly clock: Clock;
  readonly #store: Store;
  readonly #addresses: ClusterAddresses;
  readonly #deletion: Deletion;

  constructor({ store, clock = systemClock, kinds = allKinds, rules = modelRules }: ApiOptions) {
    this.#store = store;
    this.clock = clock;
    this.kinds = new KindTable(kinds);
    this.rules = rules;
    this.#addresses = new ClusterAddresses(store, "services");
    this.#deletion = new Deletion(store, clock);
  }

  /** The version of the last write to anything. */
  get version(): number {
    return this.#store.version;
  }

  find(kind: Kind, name: ObjectName): KubeObject | undefined {
    return this.#store.get(resourceOf(kind), keyOf({ metadata: place(kind, name) }));
  }

  get(kind: Kind, name: ObjectName): KubeObject {
    const object = this.find(kind, name);
    if (!object) throw faults.notFound(kind, name.name);
    return object;
  }

  list(kind: Kind, request: ListRequest = {}): ListAnswer {
    return listObjects(this.#store, kind, request);
  }

  async create(
    kind: Kind,
    namespace: string | undefined,
    body: unknown,
    request: WriteRequest = {},
  ): Promise<KubeObject> {
    const given = placed(kind, body, namespace);
    this.#checkFields(kind, given, request);
    const draft = this.#completed(kind, given);
    asNew(kind, draft, this.clock.now());
    const name = draft.metadata.name ?? "";
    if (kind.namespaced) this.#checkNamespace(kind, name, draft.metadata.namespace ?? "");
    if (this.find(kind, { namespace: draft.metadata.namespace, name })) throw faults.alreadyExists(kind, name);
    const undo = this.#allocate(kind, draft, undefined);
    try {
      this.#validate(kind, draft, request);
      if (request.dryRun) {
        undo();
        return deepFreeze(draft);
      }
      return await this.#store.write({ type: "create", resource: resourceOf(kind), object: draft });
    } catch (error) {
      undo();
      throw codeOf(error) === "store-exists" ? faults.alreadyExists(kind, name) : faults.apiFaultOf(error);
    }
  }

  /** Replaces the object, or its status only. With `metadata.resourceVersion` in the body, only that version of it. */
  replace(kind: Kind, name: ObjectName, body: unknown, request: WriteRequest = {}): Promise<KubeObject> {
    const draft = placed(kind, body, name.namespace, name.name);
    if (!request.status) this.#checkFields(kind, draft, request);
    return this.#change(kind, name, request, () => copyOf(draft));
  }

  patch(kind: Kind, name: ObjectName, patch: Patch, request: WriteRequest = {}): Promise<KubeObject> {
    if (patch.type === "strategic" && !kind.strategic) {
      const message =
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
      return Promise.reject(faults.unsupportedMediaType(message));
    }
    return this.#change(kind, name, request, (current) => {
      const draft = placed(kind, this.#patched(kind, current, patch), name.namespace, name.name);
      if (!request.status) this.#checkFields(kind, draft, request);
      return draft;
    });
  }

  /** The object as it is after: gone, or marked. */
  async delete(
    kind: Kind,
    name: ObjectName,
    request: DeleteRequest = {},
  ): Promise<{ object: KubeObject; gone: boolean }> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#deletion.delete(kind, this.get(kind, name), request);
      } catch (error) {
        if (codeOf(error) === "store-missing") throw faults.notFound(kind, name.name);
        if (codeOf(error) !== "store-conflict" || attempt === attempts) throw faults.apiFaultOf(error);
      }
    }
  }

  /**
   * Tells every write after `resourceVersion` to what is selected. What is in history already is told before this returns.
   * ApiFault 410 when history does not reach so far.
   */
  watch(kind: Kind, request: SelectionRequest & { readonly resourceVersion: number }, sink: ObjectSink): Watch {
    const selects = selection(request);
    try {
      return this.#store.watch(resourceOf(kind), request.resourceVersion, ({ type, object, previous }) => {
        const is = type !== "DELETED" && selects(object);
        const was = previous !== undefined && selects(previous);
        if (is) sink(was ? "MODIFIED" : "ADDED", object);
        else if (was) sink("DELETED", object);
      });
    } catch (error) {
      throw faults.apiFaultOf(error);
    }
  }

  async #change(
    kind: Kind,
    name: ObjectName,
    request: WriteRequest,
    compute: (current: KubeObject) => KubeObject,
  ): Promise<KubeObject> {
    for (let attempt = 0; ; attempt += 1) {
      const current = this.get(kind, name);
      try {
        const draft = compute(current);
        checkPreconditions(kind, name.name, draft, current);
        return await this.#write(kind, request, draft, current);
      } catch (error) {
        if (codeOf(error) === "store-missing") throw faults.notFound(kind, name.name);
        if (codeOf(error) !== "store-conflict") throw faults.apiFaultOf(error);
        if (attempt === attempts) throw faults.conflict(kind, name.name, faults.modified);
      }
    }
  }

  async #write(kind: Kind, request: WriteRequest, body: KubeObject, current: KubeObject): Promise<KubeObject> {
    const resource = resourceOf(kind);
    let draft = body;
    let undo = (): void => undefined;
    if (request.status) draft = { ...copyOf(current), ...("status" in body ? { status: body["status"] } : {}) };
    else {
      draft = this.#completed(kind, body);
      asSuccessor(kind, draft, current);
      undo = this.#allocate(kind, draft, current);
      countGeneration(kind, draft, current);
    }
    try {
      const immutable = immutableFields(kind, draft, current);
      if (immutable.length > 0) throw faults.invalid(kind, current.metadata.name ?? "", immutable);
      this.#validate(kind, draft, request);
      if (sameJson(draft, current)) return current;
      if (request.dryRun) {
        undo();
        return deepFreeze(draft);
      }
      const version = current.metadata.resourceVersion ?? "";
      if (this.#deletion.isOver(kind, draft)) {
        return await this.#store.write({ type: "delete", resource, key: keyOf(current), version });
      }
      return await this.#store.write({ type: "update", resource, object: draft, version });
    } catch (error) {
      undo();
      throw error;
    }
  }

  #patched(kind: Kind, current: KubeObject, patch: Patch): unknown {
    switch (patch.type) {
      case "merge":
        return mergePatch(current, patch.body);
      case "json":
        return jsonPatch(current, patch.body);
      case "strategic":
        return strategicPatch(current, patch.body, this.rules.schema(kind) as PatchSchema);
    }
  }

  #checkFields(kind: Kind, draft: KubeObject, { fieldValidation = "Warn", onWarning }: WriteRequest): void {
    if (fieldValidation === "Ignore") return;
    const unknown = this.rules.unknownFields(kind, draft).map((path) => `unknown field ${JSON.stringify(path)}`);
    if (unknown.length === 0) return;
    if (fieldValidation === "Strict") {
      const version = draft.apiVersion.split("/").at(-1);
      throw faults.badRequest(
        `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: strict decoding error: ${unknown.join(", ")}`,
      );
    }
    for (const text of unknown) onWarning?.(text);
  }

  #completed(kind: Kind, given: KubeObject): KubeObject {
    given.apiVersion = preferred(kind);
    try {
      return this.rules.applyDefaults(given);
    } catch {
      // Too crooked to complete: validation says why.
      return given;
    }
  }

  #validate(kind: Kind, draft: KubeObject, { onWarning }: WriteRequest): void {
    const { errors, warnings } = this.rules.validate(draft);
    if (errors.length > 0) throw faults.invalid(kind, draft.metadata.name ?? "", errors);
    for (const text of warnings) onWarning?.(text);
  }

  #checkNamespace(kind: Kind, name: string, namespace: string): void {
    const found = this.#store.get("namespaces", namespace);
    if (!found) throw faults.namespaceNotFound(namespace);
    if (found.metadata.deletionTimestamp) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      const message = `namespace ${namespace} is being terminated`;
      throw faults.forbidden(kind, name, why, [
        { reason: "NamespaceTerminating", message, field: "metadata.namespace" },
      ]);
    }
  }

  /** Completes what only the server can choose. Returns how to give it back. */
  #allocate(kind: Kind, draft: KubeObject, current: KubeObject | undefined): () => void {
    if (!isCore(kind, "Service")) return () => undefined;
    const outcome = this.#addresses.admit(draft, current);
    if (typeof outcome === "function") return outcome;
    throw faults.invalid(kind, draft.metadata.name ?? "", [outcome]);
  }
}

export function createApi(options: ApiOptions): Api {
  return new Api(options);
}

function checkPreconditions(kind: Kind, name: string, draft: KubeObject, { metadata }: KubeObject): void {
  const { resourceVersion, uid } = draft.metadata;
  if (resourceVersion && resourceVersion !== metadata.resourceVersion)
    throw faults.conflict(kind, name, faults.modified);
  if (uid && uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ""}`;
    throw faults.conflict(kind, name, why);
  }
}

function place(kind: Kind, { namespace, name }: ObjectName): { namespace?: string; name: string } {
  return kind.namespaced ? { namespace: namespace ?? "default", name } : { name };
}

function preferred(kind: Kind): string {
  return kind.group === "" ? kind.versions[0] : `${kind.group}/${kind.versions[0]}`;
}
