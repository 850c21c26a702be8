import type { KubeObject } from "../model/index.ts";
import type { Watch } from "./client.ts";

/** One write that happened. Objects are deeply frozen and carry their version as `metadata.resourceVersion`. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly version: number;
  /** `plural` or `plural.group`: what the object is filed under. */
  readonly resource: string;
  /** As `keyOf` makes it. */
  readonly key: string;
  /** For DELETED: the last state, under the version of the deletion. */
  readonly object: KubeObject;
  /** What stood there before; absent for ADDED. */
  readonly previous?: KubeObject;
}

/** One wish to write. The object becomes the store's own: it is frozen, and must not be shared with anything that writes to it. */
export type Change =
  | { readonly type: "create"; readonly resource: string; readonly object: KubeObject }
  /** `version`: the one the change was computed from; when another write came first the change is refused. */
  | { readonly type: "update"; readonly resource: string; readonly object: KubeObject; readonly version: string }
  | { readonly type: "delete"; readonly resource: string; readonly key: string; readonly version: string };

export interface Snapshot {
  readonly version: number;
  /** In order of their keys. */
  readonly objects: readonly KubeObject[];
}

/**
 * Versioned objects: one version counts every write to anything, as in etcd.
 * Refusals are Faults with code `store-exists`, `store-missing`, `store-conflict` or `store-expired`;
 * trouble with the medium is `store-full`, `store-locked`, `store-damaged`, `store-failed` or `store-closed`.
 * A write that is refused or fails leaves no trace; one that resolves survives the death of the process and of the machine
 * (as far as the implementation stores anything at all).
 */
export interface Store {
  /** Of the last write. At least 1. */
  readonly version: number;
  get(resource: string, key: string): KubeObject | undefined;
  /** `at`: as it was at that version (`store-expired` when history does not reach so far). */
  list(resource: string, options?: { readonly namespace?: string | undefined; readonly at?: number }): Snapshot;
  /** Everything there is in a namespace, of all resources. */
  inNamespace(namespace: string): Iterable<{ readonly resource: string; readonly object: KubeObject }>;
  write(change: Change): Promise<KubeObject>;
  /**
   * Calls the listener for every write after `since`, those in history before this function returns.
   * `store-expired` when history does not reach so far, or when the version has not been yet.
   */
  watch(resource: string, since: number, listener: (event: StoreEvent) => void): Watch;
  /** What was asked for before is still written. */
  close(): Promise<void>;
}
