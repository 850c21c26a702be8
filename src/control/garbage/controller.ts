import { allKinds, findKind, type Kind, type KubeObject, kinds, type OwnerReference } from "../../model/index.ts";
import { ApiFault, type DeleteOptions } from "../../store/index.ts";
import { ControlLoop } from "../loop.ts";
import { setOwners } from "../ownership.ts";
import type { Controller, World } from "../world.ts";
import { type Item, itemKey, OwnerGraph, ownersOf } from "./graph.ts";

const foreground = "foregroundDeletion";
const orphan = "orphan";

/** Events are many, own nothing and belong to nobody. */
const watched = allKinds.filter(({ kind }) => kind !== kinds.Event.kind);

/**
 * Deletes what belonged to owners that are gone. An owner that ends "in the foreground" goes after its dependents;
 * one that leaves orphans lets go of them first.
 */
export class GarbageCollector implements Controller {
  readonly #world: World;
  readonly #graph = new OwnerGraph();
  readonly #loop: ControlLoop;
  readonly #stops: readonly (() => void)[];

  constructor(world: World) {
    this.#world = world;
    this.#loop = new ControlLoop({ name: "garbage", world, reconcile: (key) => this.#reconcile(key) });
    this.#stops = watched.map((kind) =>
      world.informer(kind).onChange((before, after) => this.#changed(kind, before, after)),
    );
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#loop.close();
  }

  #changed(kind: Kind, before: KubeObject | undefined, after: KubeObject | undefined): void {
    if (after) this.#graph.put({ kind, object: after });
    else if (before) this.#graph.remove(itemKey({ kind, object: before }));
    // Where one object followed another of the same name, the first one's dependents are orphans too.
    if (before && before.metadata.uid !== after?.metadata.uid) this.#lost(before);
    if (!after || !(ownersOf(after).length > 0 || isMarked(after))) return;
    if (!before || ties(before) !== ties(after)) this.#loop.enqueue(itemKey({ kind, object: after }));
  }

  /** Its dependents are garbage now, and its owners may wait for it no longer. */
  #lost(object: KubeObject): void {
    for (const item of this.#graph.dependentsOf(object.metadata.uid ?? "")) this.#loop.enqueue(itemKey(item));
    for (const { uid } of ownersOf(object)) {
      const owner = this.#graph.byUid(uid);
      if (owner && isMarked(owner.object)) this.#loop.enqueue(itemKey(owner));
    }
  }

  async #reconcile(key: string): Promise<void> {
    const item = this.#graph.get(key);
    if (!item) return;
    if (isWaiting(item.object, orphan)) await this.#letGo(item);
    else if (isWaiting(item.object, foreground)) await this.#endDependents(item);
    else if (!item.object.metadata.deletionTimestamp && ownersOf(item.object).length > 0) await this.#judge(item);
  }

  async #letGo(item: Item): Promise<void> {
    const uid = item.object.metadata.uid ?? "";
    for (const dependent of this.#graph.dependentsOf(uid)) await this.#drop(dependent, new Set([uid]));
    await this.#finish(item, orphan);
  }

  async #endDependents(item: Item): Promise<void> {
    const dependents = this.#graph.dependentsOf(item.object.metadata.uid ?? "");
    for (const dependent of dependents) this.#loop.enqueue(itemKey(dependent));
    const blocking = dependents.some(({ object }) =>
      ownersOf(object).some((owner) => owner.uid === item.object.metadata.uid && owner.blockOwnerDeletion === true),
    );
    if (!blocking) await this.#finish(item, foreground);
  }

  /** An object goes when none of its owners is left but such as wait for it to go. */
  async #judge(item: Item): Promise<void> {
    const { object } = item;
    const gone = new Set<string>();
    let waiting = false;
    let kept = false;
    for (const owner of ownersOf(object)) {
      const found = await this.#find(owner, object.metadata.namespace);
      if (found === undefined) gone.add(owner.uid);
      else if (found !== "unknown" && isWaiting(found, foreground)) {
        waiting = true;
        gone.add(owner.uid);
      } else kept = true;
    }
    if (kept) {
      if (gone.size > 0) await this.#drop(item, gone);
      return;
    }
    const hasDependents = this.#graph.dependentsOf(object.metadata.uid ?? "").length > 0;
    await this.#delete(item, policyOf(object) ?? (waiting && hasDependents ? "Foreground" : "Background"));
  }

  /** Undefined when that owner is no more; "unknown" when it is of a kind that is not served here. */
  async #find(
    { apiVersion, kind: title, name, uid }: OwnerReference,
    namespace: string | undefined,
  ): Promise<KubeObject | "unknown" | undefined> {
    const cached = this.#graph.byUid(uid)?.object;
    if (cached) return cached;
    const kind = findKind(apiVersion, title);
    if (!kind) return "unknown";
    // The cache of owners may be behind that of their objects.
    const found = await this.#world.client.get(kind, { name, ...(kind.namespaced && { namespace }) });
    return found?.metadata.uid === uid ? found : undefined;
  }

  async #drop({ kind, object }: Item, uids: ReadonlySet<string>): Promise<void> {
    const rest = ownersOf(object).filter(({ uid }) => !uids.has(uid));
    await setOwners(this.#world.client, kind, object, rest).catch(unlessGone);
  }

  async #finish({ kind, object }: Item, finalizer: string): Promise<void> {
    const { namespace, name = "", uid, resourceVersion, finalizers = [] } = object.metadata;
    const rest = finalizers.filter((each) => each !== finalizer);
    const body = { metadata: { uid, resourceVersion, finalizers: rest } };
    await this.#world.client.patch(kind, { namespace, name }, { type: "merge", body }).catch(unlessGone);
  }

  async #delete({ kind, object }: Item, propagationPolicy: Policy): Promise<void> {
    const { namespace, name = "", uid = "" } = object.metadata;
    await this.#world.client.delete(kind, { namespace, name }, { uid, propagationPolicy }).catch(unlessGone);
  }
}

type Policy = NonNullable<DeleteOptions["propagationPolicy"]>;

function isMarked({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isWaiting(object: KubeObject, finalizer: string): boolean {
  return isMarked(object) && (object.metadata.finalizers?.includes(finalizer) ?? false);
}

/** What the object's own finalizers already ask for. */
function policyOf({ metadata: { finalizers = [] } }: KubeObject): Policy | undefined {
  if (finalizers.includes(orphan)) return "Orphan";
  return finalizers.includes(foreground) ? "Foreground" : undefined;
}

/** What of an object matters here: most writes change none of it. */
function ties({ metadata }: KubeObject): string {
  const { uid, ownerReferences, finalizers, deletionTimestamp } = metadata;
  return JSON.stringify([uid, ownerReferences, finalizers, deletionTimestamp !== undefined]);
}

function unlessGone(error: unknown): void {
  if (!(error instanceof ApiFault && error.status === 404)) throw error;
}
