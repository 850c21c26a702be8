import type { ReplicaSet } from "../../model/index.ts";

export const wished = ({ spec }: ReplicaSet): number => spec.replicas ?? 1;
export const isActiveSet = (set: ReplicaSet): boolean => wished(set) > 0;
export const present = ({ status }: ReplicaSet): number => status?.replicas ?? 0;
export const ready = ({ status }: ReplicaSet): number => status?.readyReplicas ?? 0;
export const available = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;
export const terminating = ({ status }: ReplicaSet): number => status?.terminatingReplicas ?? 0;

/** Whether the set's status is about the set's present wish. */
export function isObserved({ metadata, status }: ReplicaSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 1);
}

/** Available pods that stay: more than it wishes will go, and a status about an earlier wish may count pods that went. */
export function lasting(set: ReplicaSet): number {
  return isObserved(set) ? Math.min(wished(set), available(set)) : 0;
}

/** The most pods the set may have now: those still to come, or those still to go. */
export function atMost(set: ReplicaSet): number {
  return Math.max(wished(set), present(set));
}

export function sum(sets: readonly (ReplicaSet | undefined)[], count: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + (set ? count(set) : 0), 0);
}
