import { kinds } from "../../model/index.ts";
import { ApiFault } from "../../store/index.ts";
import { revisionOf } from "./annotations.ts";
import { isObserved, present, wished } from "./counts.ts";
import type { Rollout } from "./rollout.ts";

/** Deletes the oldest revisions beyond `revisionHistoryLimit`, if they have no pods. */
export async function cleanUp({ deployment, oldSets, world }: Rollout): Promise<void> {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = oldSets.filter(({ metadata }) => !metadata.deletionTimestamp);
  const surplus = alive.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(0, alive.length - limit));
  for (const set of surplus) {
    if (wished(set) > 0 || present(set) > 0 || !isObserved(set)) continue;
    const { namespace, name = "", uid = "" } = set.metadata;
    await world.client.delete(kinds.ReplicaSet, { namespace, name }, { uid }).catch((error: unknown) => {
      if (!(error instanceof ApiFault && error.status === 404)) throw error;
    });
  }
}
