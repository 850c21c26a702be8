import type { Deployment, ReplicaSet } from "../../model/index.ts";
import type { Bounds } from "./bounds.ts";

export const revisionKey = "deployment.kubernetes.io/revision";
const historyKey = "deployment.kubernetes.io/revision-history";
const desiredKey = "deployment.kubernetes.io/desired-replicas";
const maxKey = "deployment.kubernetes.io/max-replicas";

/** Annotations of a Deployment that say nothing about its pods. */
const ownOnly = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionKey,
  historyKey,
  desiredKey,
  maxKey,
]);

type Annotations = Readonly<Record<string, string>>;

export function revisionOf({ metadata }: ReplicaSet | Deployment): number {
  return Number.parseInt(metadata.annotations?.[revisionKey] ?? "", 10) || 0;
}

/** The Deployment's size when the set was last scaled; undefined when nobody noted it. */
export function desiredOf({ metadata }: ReplicaSet): number | undefined {
  return numberOf(metadata.annotations?.[desiredKey]);
}

/** How many pods the Deployment might have had when the set was last scaled. */
export function maxOf({ metadata }: ReplicaSet): number | undefined {
  return numberOf(metadata.annotations?.[maxKey]);
}

/** What a set notes of its Deployment's size, so that a later change of that size is noticed. */
export function sizeAnnotations({ replicas, maxSurge }: Bounds): Annotations {
  return { [desiredKey]: String(replicas), [maxKey]: String(replicas + maxSurge) };
}

/** The annotations of the set that runs the present template: the Deployment's, and the number of its revision. */
export function newSetAnnotations(
  deployment: Deployment,
  set: Pick<ReplicaSet, "metadata"> | undefined,
  revision: number,
): Annotations {
  const before = set?.metadata.annotations ?? {};
  const given = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownOnly.has(key));
  const all: Record<string, string> = { ...before, ...Object.fromEntries(given) };
  const old = numberOf(before[revisionKey]) ?? 0;
  if (old >= revision) return all;
  all[revisionKey] = String(revision);
  if (old > 0) all[historyKey] = before[historyKey] ? `${before[historyKey]},${old}` : String(old);
  return all;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}
