import type { ReplicaSet } from "../../model/index.ts";
import { desiredOf, maxOf } from "./annotations.ts";
import { available, isActiveSet, sum, wished } from "./counts.ts";
import type { Rollout } from "./rollout.ts";
import { oldestFirst } from "./template.ts";

/** Whether the user gave the Deployment another size since its sets were scaled. */
export function isResized({ allSets, bounds }: Rollout): boolean {
  return allSets.some((set) => isActiveSet(set) && (desiredOf(set) ?? bounds.replicas) !== bounds.replicas);
}

/** Brings a Deployment to another size without rolling out: in the midst of a rollout, every set gets its share of the change. */
export async function resize(rollout: Rollout): Promise<void> {
  const { newSet, bounds } = rollout;
  const only = activeOrLatest(rollout);
  if (only) await rollout.scale(only, bounds.replicas);
  else if (newSet && isSaturated(rollout, newSet)) {
    for (const set of rollout.oldSets.filter(isActiveSet)) await rollout.scale(set, 0);
  } else if (rollout.deployment.spec.strategy?.type !== "Recreate") await share(rollout);
}

/** The one set that runs pods; when none does, the present or the latest one. */
function activeOrLatest({ allSets, newSet, oldSets }: Rollout): ReplicaSet | undefined {
  const active = allSets.filter(isActiveSet);
  if (active.length === 0) return newSet ?? oldestFirst(oldSets).at(-1);
  return active.length === 1 ? active[0] : undefined;
}

function isSaturated({ bounds }: Rollout, set: ReplicaSet): boolean {
  return wished(set) === bounds.replicas && desiredOf(set) === bounds.replicas && available(set) === bounds.replicas;
}

/** Spreads the change over the sets in proportion to their sizes; the largest takes what rounding leaves. */
async function share(rollout: Rollout): Promise<void> {
  const { bounds } = rollout;
  const oldest = oldestFirst(rollout.allSets.filter(isActiveSet));
  const change = (bounds.replicas > 0 ? bounds.replicas + bounds.maxSurge : 0) - sum(oldest, wished);
  // Of equals the newer grows first and the older shrinks first.
  const sets = (change > 0 ? oldest.toReversed() : oldest).toSorted((a, b) => wished(b) - wished(a));
  let left = change;
  const sizes = sets.map((set) => {
    const part = within(left, shareOf(rollout, set));
    left -= part;
    return wished(set) + part;
  });
  for (const [index, set] of sets.entries()) {
    const size = (sizes[index] ?? 0) + (index === 0 ? left : 0);
    await rollout.scale(set, Math.max(0, size));
  }
}

/** How many pods the set would gain or lose if it kept its proportion of the whole. */
function shareOf({ bounds, deployment }: Rollout, set: ReplicaSet): number {
  if (bounds.replicas === 0) return -wished(set);
  const before = maxOf(set) ?? deployment.status?.replicas ?? 0;
  if (before === 0) return 0;
  return Math.round((wished(set) * (bounds.replicas + bounds.maxSurge)) / before) - wished(set);
}

/** The part, but not more than is left and not against its direction. */
function within(left: number, part: number): number {
  return left > 0 ? Math.max(0, Math.min(left, part)) : Math.min(0, Math.max(left, part));
}
