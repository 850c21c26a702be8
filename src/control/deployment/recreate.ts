import { type Pod } from "../../model/index.ts";
import { controllerOf } from "../ownership.ts";
import { hasEnded } from "../pod-state.ts";
import { isActiveSet, present } from "./counts.ts";
import { ensureNewSet } from "./new-set.ts";
import type { Rollout } from "./rollout.ts";

/** One step of taking all old pods away, waiting until the last has ended, and only then making new ones. */
export async function recreateStep(rollout: Rollout, pods: readonly Pod[]): Promise<void> {
  await ensureNewSet(rollout, false);
  const active = rollout.oldSets.filter(isActiveSet);
  for (const set of active) await rollout.scale(set, 0);
  if (active.length > 0 || oldPodsRun(rollout, pods)) return;
  await ensureNewSet(rollout, true);
  if (rollout.newSet) await rollout.scale(rollout.newSet, rollout.bounds.replicas);
}

/** Pods on their way out still run. */
function oldPodsRun({ oldSets }: Rollout, pods: readonly Pod[]): boolean {
  const old = new Set(oldSets.map(({ metadata }) => metadata.uid));
  return (
    oldSets.some((set) => present(set) > 0) ||
    pods.some((pod) => old.has(controllerOf(pod)?.uid) && !hasEnded(pod.status?.phase))
  );
}
