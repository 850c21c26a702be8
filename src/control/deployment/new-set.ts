import { codeOf, explain } from "../../base/index.ts";
import { kinds, type PodTemplate, type ReplicaSet } from "../../model/index.ts";
import { conditionOf } from "../condition.ts";
import { controllerOf, ownedBy } from "../ownership.ts";
import { newSetAnnotations, revisionOf, sizeAnnotations } from "./annotations.ts";
import { atMost, sum, wished } from "./counts.ts";
import type { Rollout } from "./rollout.ts";
import { hashLabel, sameTemplate, templateHash } from "./template.ts";

/** Gives the set of the present template its revision; with `create`, makes the set where there is none. */
export async function ensureNewSet(rollout: Rollout, create: boolean): Promise<void> {
  const revision = Math.max(0, ...rollout.oldSets.map(revisionOf)) + 1;
  const known = rollout.newSet;
  if (!known && !create) return;
  const set = known ? await keepUp(rollout, known, revision) : await make(rollout, revision);
  await rollout.setRevision(set);
  if (known && !conditionOf(rollout.conditions, "Progressing")) {
    rollout.note("Progressing", "True", "FoundNewReplicaSet", `Found new replica set "${set.metadata.name ?? ""}"`);
  }
}

/** How large the set of the present template should be now: as many pods as are wished, and no more in all than the surge allows. */
export function newSetSize({ deployment, bounds, newSet, allSets }: Rollout): number {
  const { replicas, maxSurge } = bounds;
  if (deployment.spec.strategy?.type === "Recreate") return replicas;
  const size = newSet ? wished(newSet) : 0;
  const room = replicas + maxSurge - sum(allSets, atMost);
  return size + Math.max(0, Math.min(room, replicas - size));
}

function keepUp(rollout: Rollout, set: ReplicaSet, revision: number): Promise<ReplicaSet> {
  const minReadySeconds = rollout.deployment.spec.minReadySeconds ?? 0;
  return rollout.patchSet(set, { minReadySeconds }, newSetAnnotations(rollout.deployment, set, revision));
}

async function make(rollout: Rollout, revision: number): Promise<ReplicaSet> {
  const { deployment, events, world } = rollout;
  const draft = draftOf(rollout, revision);
  const name = draft.metadata.name ?? "";
  let set: ReplicaSet;
  try {
    set = await world.client.create(kinds.ReplicaSet, draft);
  } catch (error) {
    const found = codeOf(error) === "AlreadyExists" ? await existing(rollout, draft) : undefined;
    if (!found) {
      const message = `Failed to create new replica set "${name}": ${explain(error)}`;
      rollout.note("Progressing", "False", "ReplicaSetCreateError", message);
      events.event(deployment, "Warning", "ReplicaSetCreateError", message);
      throw error;
    }
    // Made before, and the cache has not heard of it.
    rollout.newSet = found;
    return found;
  }
  rollout.newSet = set;
  if (wished(set) > 0) {
    const message = `Scaled up replica set ${name} from 0 to ${wished(set)}`;
    events.event(deployment, "Normal", "ScalingReplicaSet", message);
  }
  rollout.note("Progressing", "True", "NewReplicaSetCreated", `Created new replica set "${name}"`);
  return set;
}

/** The set that has the name already, if it is the one meant. Otherwise two templates share a hash: the next try uses another. */
async function existing(rollout: Rollout, draft: ReplicaSet): Promise<ReplicaSet | undefined> {
  const { namespace, name = "" } = draft.metadata;
  const set = await rollout.world.client.get(kinds.ReplicaSet, { namespace, name });
  if (!set) return undefined;
  const isOurs = controllerOf(set)?.uid === rollout.deployment.metadata.uid;
  if (isOurs && sameTemplate(set.spec.template, draft.spec.template)) return set;
  rollout.collisions = (rollout.collisions ?? 0) + 1;
  return undefined;
}

function draftOf(rollout: Rollout, revision: number): ReplicaSet {
  const { deployment, bounds } = rollout;
  const { selector, template, minReadySeconds = 0 } = deployment.spec;
  const hash = templateHash(template, rollout.collisions);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${deployment.metadata.name ?? ""}-${hash}`,
      namespace: deployment.metadata.namespace ?? "default",
      labels,
      annotations: { ...newSetAnnotations(deployment, undefined, revision), ...sizeAnnotations(bounds) },
      ownerReferences: [ownedBy(kinds.Deployment, deployment)],
    },
    spec: {
      replicas: newSetSize(rollout),
      minReadySeconds,
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: labelled(template, labels),
    },
  };
}

function labelled(template: PodTemplate, labels: Record<string, string>): PodTemplate {
  return { ...template, metadata: { ...template.metadata, labels } };
}
