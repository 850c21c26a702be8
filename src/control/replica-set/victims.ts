import type { Pod } from "../../model/index.ts";
import { isReady, readySince } from "../pod-state.ts";

const phases = ["Pending", "Unknown", "Running"];

/** What a pod is worth, the most telling number first; the least worthy go first, as in Kubernetes. */
const worths: readonly ((pod: Pod) => number)[] = [
  (pod) => (pod.spec.nodeName ? 1 : 0),
  (pod) => phases.indexOf(pod.status?.phase ?? "Pending"),
  (pod) => (isReady(pod) ? 1 : 0),
  (pod) => Number(pod.metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"]) || 0,
  (pod) => -(readySince(pod) ?? 0),
  (pod) => -Math.max(0, ...(pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount ?? 0)),
  (pod) => -Date.parse(pod.metadata.creationTimestamp ?? "") || 0,
];

/** The pods to delete when there are `count` too many: those that serve least. */
export function victims(pods: readonly Pod[], count: number): Pod[] {
  const ranked = pods.map((pod) => ({ pod, worth: worths.map((worth) => worth(pod)) }));
  ranked.sort((a, b) => compare(a.worth, b.worth) || (nameOf(a.pod) < nameOf(b.pod) ? -1 : 1));
  return ranked.slice(0, count).map(({ pod }) => pod);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, worth] of a.entries()) {
    const difference = worth - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const nameOf = ({ metadata }: Pod) => metadata.name ?? "";
