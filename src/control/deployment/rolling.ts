import { available, isActiveSet, isObserved, lasting, sum, wished } from "./counts.ts";
import { ensureNewSet, newSetSize } from "./new-set.ts";
import type { Rollout } from "./rollout.ts";
import { oldestFirst } from "./template.ts";

/** One step from the old pods to the new ones: first as many new ones as the surge allows, then old ones that can be spared. */
export async function rollingStep(rollout: Rollout): Promise<void> {
  await ensureNewSet(rollout, true);
  if (await sizeNewSet(rollout)) return;
  await shrinkOldSets(rollout);
}

async function sizeNewSet(rollout: Rollout): Promise<boolean> {
  const { newSet, bounds } = rollout;
  if (!newSet || wished(newSet) === bounds.replicas) return false;
  const size = wished(newSet) > bounds.replicas ? bounds.replicas : newSetSize(rollout);
  return await rollout.scale(newSet, size);
}

async function shrinkOldSets(rollout: Rollout): Promise<void> {
  const { newSet, bounds } = rollout;
  if (!newSet || !rollout.oldSets.some(isActiveSet)) return;
  const least = bounds.replicas - bounds.maxUnavailable;
  const newMissing = wished(newSet) - lasting(newSet);
  const spare = sum(rollout.allSets, wished) - least - newMissing;
  if (spare <= 0) return;
  await dropUnhealthy(rollout, spare);
  await dropHealthy(rollout, sum(rollout.allSets, lasting) - least);
}

/** Old pods that serve nobody go first: waiting for them to recover could block the rollout that repairs them. */
async function dropUnhealthy(rollout: Rollout, spare: number): Promise<void> {
  let left = spare;
  for (const set of oldestFirst(rollout.oldSets)) {
    const unhealthy = isObserved(set) ? wished(set) - available(set) : 0;
    const count = Math.min(left, unhealthy);
    if (count <= 0) continue;
    await rollout.scale(set, wished(set) - count);
    left -= count;
  }
}

async function dropHealthy(rollout: Rollout, spare: number): Promise<void> {
  let left = spare;
  for (const set of oldestFirst(rollout.oldSets)) {
    const count = Math.min(left, wished(set));
    if (count <= 0) continue;
    await rollout.scale(set, wished(set) - count);
    left -= count;
  }
}
