import { applyObject } from "../api/index.ts";
import { Fault, explain } from "../base/index.ts";
import { findKind, type KubeObject } from "../model/index.ts";
import type { Client } from "../store/index.ts";

/** Makes the objects as they are written, or changes those there are; all refusals are told together. */
export async function applyObjects(client: Client, objects: readonly KubeObject[]): Promise<void> {
  const refusals: string[] = [];
  for (const object of objects) {
    const kind = findKind(object.apiVersion, object.kind);
    try {
      if (!kind) throw new Fault("unknown-kind", `nobody knows the kind ${object.kind} of ${object.apiVersion}`);
      await applyObject(client, kind, object, { onWarning: () => undefined });
    } catch (error) {
      refusals.push(`${object.kind} ${object.metadata.name ?? ""}: ${explain(error)}`);
    }
  }
  if (refusals.length > 0) throw new Fault("objects-refused", refusals.join("\n"));
}
