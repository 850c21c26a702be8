import type { Deployment } from "../../model/index.ts";
import { conditionOf, without } from "../condition.ts";
import { available, present, ready, sum, terminating, wished } from "./counts.ts";
import type { Rollout } from "./rollout.ts";

export type DeploymentStatus = NonNullable<Deployment["status"]>;

/** kubectl's way to say "no deadline": the largest 32-bit number. */
const noDeadline = 2 ** 31 - 1;

/** What the Deployment's status should say of its sets. `progress`: whether to judge how the rollout goes. */
export function deploymentStatus(rollout: Rollout, progress: boolean): DeploymentStatus {
  const status = counts(rollout);
  noteAvailability(rollout, status);
  if (progress) noteProgress(rollout, status);
  noteFailures(rollout);
  return { ...status, ...(rollout.conditions.length > 0 && { conditions: rollout.conditions }) };
}

/** Milliseconds until the rollout counts as stuck; undefined when it is not under way or has no deadline. */
export function deadlineIn({ spec, status }: Deployment, now: number): number | undefined {
  const condition = conditionOf(status?.conditions ?? [], "Progressing");
  const seconds = spec.progressDeadlineSeconds ?? noDeadline;
  if (!condition || seconds === noDeadline || isComplete(spec.replicas ?? 1, status ?? {})) return undefined;
  if (condition.reason === "NewReplicaSetAvailable" || condition.reason === "ProgressDeadlineExceeded")
    return undefined;
  return Math.max(0, Date.parse(condition.lastUpdateTime ?? "") + seconds * 1000 - now);
}

/** Every pod is of the present template and available, and no other is left. */
export function isComplete(replicas: number, status: DeploymentStatus): boolean {
  return status.updatedReplicas === replicas && status.replicas === replicas && status.availableReplicas === replicas;
}

function counts({ deployment, allSets, newSet, collisions }: Rollout): DeploymentStatus {
  const availableReplicas = sum(allSets, available);
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    replicas: sum(allSets, present),
    updatedReplicas: sum([newSet], present),
    readyReplicas: sum(allSets, ready),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(allSets, wished) - availableReplicas),
    terminatingReplicas: sum(allSets, terminating),
    ...(collisions !== undefined && { collisionCount: collisions }),
  };
}

function noteAvailability(rollout: Rollout, { availableReplicas = 0 }: DeploymentStatus): void {
  const { replicas, maxUnavailable } = rollout.bounds;
  if (availableReplicas >= replicas - maxUnavailable) {
    rollout.note("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
  } else {
    rollout.note("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
  }
}

function noteProgress(rollout: Rollout, status: DeploymentStatus): void {
  const { deployment, newSet, bounds, world } = rollout;
  const deadline = deployment.spec.progressDeadlineSeconds ?? noDeadline;
  const current = conditionOf(rollout.conditions, "Progressing");
  if (deadline === noDeadline) rollout.conditions = without(rollout.conditions, "Progressing");
  const wasComplete = status.replicas === status.updatedReplicas && current?.reason === "NewReplicaSetAvailable";
  if (deadline === noDeadline || wasComplete) return;
  const subject = newSet
    ? `ReplicaSet "${newSet.metadata.name ?? ""}"`
    : `Deployment "${deployment.metadata.name ?? ""}"`;
  const before = deployment.status ?? {};
  if (isComplete(bounds.replicas, status)) {
    rollout.note("Progressing", "True", "NewReplicaSetAvailable", `${subject} has successfully progressed.`);
  } else if (hasMoved(before, status)) {
    rollout.note("Progressing", "True", "ReplicaSetUpdated", `${subject} is progressing.`, true);
  } else if (
    deadlineIn({ ...deployment, status: { ...status, conditions: rollout.conditions } }, world.clock.now()) === 0
  ) {
    rollout.note("Progressing", "False", "ProgressDeadlineExceeded", `${subject} has timed out progressing.`);
  }
}

function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

/** A set that cannot make its pods is the Deployment's trouble; that of the present template first. */
function noteFailures(rollout: Rollout): void {
  const sets = rollout.newSet ? [rollout.newSet, ...rollout.oldSets] : rollout.oldSets;
  const failure = sets.map(({ status }) => conditionOf(status?.conditions ?? [], "ReplicaFailure")).find(Boolean);
  if (!failure) rollout.conditions = without(rollout.conditions, "ReplicaFailure");
  else rollout.note("ReplicaFailure", failure.status, failure.reason ?? "", failure.message ?? "");
}
