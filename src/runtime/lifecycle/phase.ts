import type { ContainerKeeper } from "./container.ts";
import type { PodReport } from "../contract.ts";

export interface PodStage {
  readonly initialized: boolean;
  /** Its containers came to their end by themselves, not because the pod was told to go. */
  readonly over: boolean;
  /** The pod as a whole failed, whatever its containers did. */
  readonly failed: boolean;
}

/** The one word for where a pod is in its life. */
export function phaseOf(mains: readonly ContainerKeeper[], stage: PodStage): PodReport["phase"] {
  if (stage.over) {
    const wentWell = stage.initialized && mains.every(({ exitCode }) => exitCode === 0);
    return wentWell && !stage.failed ? "Succeeded" : "Failed";
  }
  return stage.initialized && mains.every(({ hasRun }) => hasRun) ? "Running" : "Pending";
}
