import { type Kind, keyOf, type KubeObject, type OwnerReference } from "../../model/index.ts";

/** An object and where it is found. */
export interface Item {
  readonly kind: Kind;
  readonly object: KubeObject;
}

/** Names an object among those of all kinds. */
export function itemKey({ kind, object }: Item): string {
  return `${kind.plural}.${kind.group}|${keyOf(object)}`;
}

export function ownersOf({ metadata }: KubeObject): readonly OwnerReference[] {
  return metadata.ownerReferences ?? [];
}

/** Who belongs to whom, by uid. */
export class OwnerGraph {
  readonly #items = new Map<string, Item>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #uids = new Map<string, string>();

  get(key: string): Item | undefined {
    return this.#items.get(key);
  }

  has(uid: string): boolean {
    return this.#uids.has(uid);
  }

  byUid(uid: string): Item | undefined {
    return this.#items.get(this.#uids.get(uid) ?? "");
  }

  dependentsOf(uid: string): Item[] {
    const keys = [...(this.#dependents.get(uid) ?? [])];
    return keys.map((key) => this.#items.get(key)).filter((item) => item !== undefined);
  }

  put(item: Item): void {
    const key = itemKey(item);
    this.remove(key);
    this.#items.set(key, item);
    this.#uids.set(item.object.metadata.uid ?? "", key);
    for (const { uid } of ownersOf(item.object)) {
      this.#dependents.set(uid, (this.#dependents.get(uid) ?? new Set()).add(key));
    }
  }

  remove(key: string): void {
    const item = this.#items.get(key);
    if (!item) return;
    this.#items.delete(key);
    this.#uids.delete(item.object.metadata.uid ?? "");
    for (const { uid } of ownersOf(item.object)) {
      const keys = this.#dependents.get(uid);
      if (keys?.delete(key) && keys.size === 0) this.#dependents.delete(uid);
    }
  }
}
