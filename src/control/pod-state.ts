import type { Pod } from "../model/index.ts";

/** Neither ended nor told to end. */
export function isActive({ metadata, status }: Pod): boolean {
  return !metadata.deletionTimestamp && !hasEnded(status?.phase);
}

export function hasEnded(phase: string | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === "True";
}

/** When it became ready, milliseconds since the epoch; undefined while it is not. */
export function readySince(pod: Pod): number | undefined {
  const condition = readyCondition(pod);
  if (condition?.status !== "True") return undefined;
  return Date.parse(condition.lastTransitionTime ?? pod.metadata.creationTimestamp ?? "") || 0;
}

/** Milliseconds until the pod has been ready for long enough: 0 when it is available, undefined when it is not even ready. */
export function availableIn(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  const since = readySince(pod);
  return since === undefined
    ? undefined
    : Math.max(0, minReadySeconds === 0 ? 0 : since + minReadySeconds * 1000 - now);
}

function readyCondition({ status }: Pod) {
  return status?.conditions?.find(({ type }) => type === "Ready");
}
