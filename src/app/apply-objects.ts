import { applyObject } from "../api/index.ts";
import { Fault, explain } from "../base/index.ts";
import { findKind, kinds, type KubeObject } from "../model/index.ts";
import type { Client } from "../store/index.ts";

/** Makes the objects as they are written, or changes those there are; all refusals are told together. */
export async function applyObjects(client: Client, objects: readonly KubeObject[]): Promise<void> {
  const refusals: string[] = [];
  for (const object of objects) {
    const kind = findKind(object.apiVersion, object.kind);
    try {
      if (!kind) throw new Fault("unknown-kind", `nobody knows the kind ${object.kind} of ${object.apiVersion}`);
      if (kind.namespaced) await checkNamespace(client, object.metadata.namespace ?? "default");
      if (object.kind === "Pod") await forgetFailed(client, object);
      await applyObject(client, kind, object, { onWarning: () => undefined });
    } catch (error) {
      refusals.push(`${object.kind} ${object.metadata.name ?? ""}: ${explain(error)}`);
    }
  }
  if (refusals.length > 0) throw new Fault("objects-refused", refusals.join("\n"));
}

async function checkNamespace(client: Client, name: string): Promise<void> {
  if (await client.get(kinds.Namespace, { name })) return;
  throw new Fault("no-namespace", `there is no namespace ${name}`, {
    remedy: `add to the files: {apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}`,
  });
}

/** A pod that failed in an earlier run would stay so for ever: given again, it is made anew. */
async function forgetFailed(client: Client, { metadata }: KubeObject): Promise<void> {
  const at = { namespace: metadata.namespace ?? "default", name: metadata.name ?? "" };
  const old = await client.get(kinds.Pod, at);
  if (old?.status?.phase === "Failed") await client.delete(kinds.Pod, at, { gracePeriodSeconds: 0 });
}
