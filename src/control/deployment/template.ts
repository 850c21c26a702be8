import type { Deployment, PodTemplate, ReplicaSet } from "../../model/index.ts";
import { canonicalJson } from "../canonical.ts";

/** The label that tells the pods of one template from those of another. */
export const hashLabel = "pod-template-hash";

/** Whether both templates make the same pods. */
export function sameTemplate(a: PodTemplate | undefined, b: PodTemplate | undefined): boolean {
  return canonicalJson(withoutHash(a)) === canonicalJson(withoutHash(b));
}

/** The ReplicaSet that runs the Deployment's present template; the oldest, should there be several. */
export function findNew(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return oldestFirst(sets).find(({ spec }) => sameTemplate(spec.template, deployment.spec.template));
}

export function oldestFirst(sets: readonly ReplicaSet[]): ReplicaSet[] {
  const born = ({ metadata }: ReplicaSet) => metadata.creationTimestamp ?? "";
  const name = ({ metadata }: ReplicaSet) => metadata.name ?? "";
  return sets.toSorted((a, b) => compare(born(a), born(b)) || compare(name(a), name(b)));
}

/** No vowels and nothing that looks alike: no word comes out by chance. */
const letters = "bcdfghjklmnpqrstvwxz2456789";

/** A short text that is the same for the same template; `collisions` makes another one of it. */
export function templateHash(template: PodTemplate | undefined, collisions: number | undefined): string {
  let hash = 0x811c9dc5; // FNV-1a, 32 bits, as in Kubernetes.
  for (const byte of new TextEncoder().encode(canonicalJson(withoutHash(template)) + String(collisions ?? ""))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return String(hash).replaceAll(/./g, (digit) => letters[digit.charCodeAt(0) % letters.length] ?? "");
}

function withoutHash(template: PodTemplate | undefined): unknown {
  const { metadata, ...rest } = template ?? {};
  const { [hashLabel]: _hash, ...labels } = metadata?.labels ?? {};
  return { ...rest, metadata: { ...metadata, labels } };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
