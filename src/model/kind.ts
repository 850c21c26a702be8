import type { TSchema } from "typebox";
import type { KubeObject } from "./object.ts";

/** A column of `kubectl get`. */
export interface Column<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly type: "string" | "integer" | "date" | "boolean";
  readonly description: string;
  /** 0 is always shown, 1 only with `-o wide`. */
  readonly priority: 0 | 1;
  /** The cell; `now` is milliseconds since the epoch (ages are printed relative to it, as `5m`, `3d4h`). */
  readonly cell: (object: T, now: number) => string | number | boolean;
}

/**
 * One row of the kind table, which drives discovery, OpenAPI, validation, defaults, patches and printing.
 * `T` is the TypeScript type of the objects; it exists only at compile time.
 */
export interface Kind<T extends KubeObject = KubeObject> {
  /** `""` for the core group. */
  readonly group: string;
  /** Served versions, the preferred one first. All versions share one schema. */
  readonly versions: readonly [string, ...string[]];
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Has a `/status` subresource that a write to the object itself does not touch. */
  readonly status: boolean;
  /** Whether kubectl may use strategic merge patches (built-in kinds) or only merge patches (custom ones). */
  readonly strategic: boolean;
  /** The whole object's JSON Schema. Patch hints stand on arrays as `x-kubernetes-patch-merge-key`, `x-kubernetes-patch-strategy`, `x-kubernetes-list-type`, `x-kubernetes-list-map-keys`. */
  readonly schema: TSchema;
  readonly columns: readonly Column<T>[];
  /** Phantom: carries T. */
  readonly type?: T;
}
