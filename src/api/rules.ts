import type { Kind, KubeObject } from "../model/index.ts";
import type { Cause } from "./faults.ts";

/** What the model knows about objects, as the API asks for it. */
export interface ObjectRules {
  /** A completed copy. */
  applyDefaults(object: KubeObject): KubeObject;
  /** Paths of fields that no schema knows: `spec.replica`. */
  unknownFields(kind: Kind, object: KubeObject): readonly string[];
  validate(object: KubeObject): { readonly errors: readonly Cause[]; readonly warnings: readonly string[] };
  /** The JSON Schema of the kind, with Kubernetes' hints for patches. */
  schema(kind: Kind): unknown;
}
