import type { Clock } from "../base/index.ts";
import { type Kind, keyOf, type KubeObject } from "../model/index.ts";
import type { DeleteOptions, Store } from "../store/index.ts";
import { copyOf, isCore, timestamp } from "./draft.ts";
import { conflict } from "./faults.ts";
import { resourceOf } from "./kind-table.ts";

export interface DeleteRequest extends DeleteOptions {
  readonly resourceVersion?: string;
}

interface Outcome {
  readonly object: KubeObject;
  readonly gone: boolean;
}

/** Ends objects: at once, after a pod's grace, when the last finalizer goes, or when a namespace is empty. */
export class Deletion {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether an object that is marked for deletion has nothing left that it waits for. */
  isOver(kind: Kind, { metadata, spec }: KubeObject): boolean {
    if (!metadata.deletionTimestamp || (metadata.finalizers?.length ?? 0) > 0) return false;
    if (isCore(kind, "Namespace")) {
      return (
        ((spec as { finalizers?: unknown[] } | undefined)?.finalizers?.length ?? 0) === 0 &&
        this.#isEmpty(metadata.name ?? "")
      );
    }
    return (metadata.deletionGracePeriodSeconds ?? 0) === 0;
  }

  async delete(kind: Kind, current: KubeObject, request: DeleteRequest): Promise<Outcome> {
    this.#checkPreconditions(kind, current, request);
    const draft = this.#marked(kind, current, request);
    const resource = resourceOf(kind);
    const version = current.metadata.resourceVersion ?? "";
    if (draft === undefined) {
      if (request.dryRun) return { object: current, gone: true };
      const object = await this.#store.write({ type: "delete", resource, key: keyOf(current), version });
      return { object, gone: true };
    }
    if (draft === current || request.dryRun) return { object: draft, gone: false };
    return { object: await this.#store.write({ type: "update", resource, object: draft, version }), gone: false };
  }

  /** The object as it waits for its end, `current` itself when it does already; undefined when nothing is to wait for. */
  #marked(kind: Kind, current: KubeObject, request: DeleteRequest): KubeObject | undefined {
    const { metadata } = current;
    const grace = isCore(kind, "Pod") ? graceOf(current, request) : 0;
    const isNamespace = isCore(kind, "Namespace");
    const finalizers = finalizersOf(current, request);
    const waits = grace > 0 || finalizers.length > 0 || (isNamespace && !this.#isEmpty(metadata.name ?? ""));
    if (!waits) return undefined;
    const marked = metadata.deletionTimestamp !== undefined;
    if (marked && grace >= (metadata.deletionGracePeriodSeconds ?? 0)) return current;
    const draft = copyOf(current);
    draft.metadata.deletionTimestamp = timestamp(this.#clock.now() + grace * 1000);
    draft.metadata.deletionGracePeriodSeconds = grace;
    if (finalizers.length > 0) draft.metadata.finalizers = finalizers;
    if (isNamespace) draft["status"] = { ...(draft["status"] as object | undefined), phase: "Terminating" };
    if (draft.metadata.generation !== undefined && !marked) draft.metadata.generation += 1;
    return draft;
  }

  #checkPreconditions(kind: Kind, { metadata }: KubeObject, { uid, resourceVersion }: DeleteRequest): void {
    const check = (what: string, wanted: string | undefined, found = "") => {
      if (!wanted || wanted === found) return;
      const why = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`;
      throw conflict(kind, metadata.name ?? "", why);
    };
    check("UID", uid, metadata.uid);
    check("ResourceVersion", resourceVersion, metadata.resourceVersion);
  }

  #isEmpty(namespace: string): boolean {
    for (const { resource } of this.#store.inNamespace(namespace)) {
      // Events about the end of the namespace must not keep it.
      if (resource !== "events") return false;
    }
    return true;
  }
}

/** Seconds a pod may take. One that runs nowhere, or has ended, needs none. */
function graceOf(pod: KubeObject, { gracePeriodSeconds }: DeleteRequest): number {
  const spec = (pod["spec"] ?? {}) as { nodeName?: string; terminationGracePeriodSeconds?: number };
  const { phase } = (pod["status"] ?? {}) as { phase?: string };
  if (!spec.nodeName || phase === "Succeeded" || phase === "Failed") return 0;
  const wanted = Math.max(0, gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30);
  return Math.min(wanted, pod.metadata.deletionGracePeriodSeconds ?? wanted);
}

/** Deleting in the foreground, or leaving dependants behind, is the garbage collector's work: it is asked by finalizers. */
function finalizersOf({ metadata }: KubeObject, { propagationPolicy }: DeleteRequest): string[] {
  const finalizers = metadata.finalizers ?? [];
  const asked = { Foreground: "foregroundDeletion", Orphan: "orphan", Background: undefined }[
    propagationPolicy ?? "Background"
  ];
  return asked === undefined || finalizers.includes(asked) ? [...finalizers] : [...finalizers, asked];
}
