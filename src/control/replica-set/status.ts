import { type Pod, type ReplicaSet } from "../../model/index.ts";
import { availableIn, isReady } from "../pod-state.ts";
import { withCondition, without } from "../condition.ts";

export type ReplicaSetStatus = NonNullable<ReplicaSet["status"]>;

export interface Trouble {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly message: string;
}

export interface Sight {
  readonly active: readonly Pod[];
  /** How many pods are on their way out. */
  readonly terminating: number;
  readonly trouble: Trouble | undefined;
  /** Milliseconds since the epoch, and the same as text. */
  readonly now: number;
  readonly timestamp: string;
}

/** What the ReplicaSet's status should say of its pods. */
export function replicaSetStatus(set: ReplicaSet, sight: Sight): ReplicaSetStatus {
  const { active, now } = sight;
  const { template, minReadySeconds = 0 } = set.spec;
  const labels = Object.entries(template?.metadata?.labels ?? {});
  const count = (test: (pod: Pod) => boolean) => active.filter(test).length;
  const conditions = conditionsOf(set, sight);
  return {
    replicas: active.length,
    fullyLabeledReplicas: count((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)),
    readyReplicas: count(isReady),
    availableReplicas: count((pod) => availableIn(pod, minReadySeconds, now) === 0),
    terminatingReplicas: sight.terminating,
    observedGeneration: set.metadata.generation ?? 1,
    ...(conditions.length > 0 && { conditions }),
  };
}

function conditionsOf({ status }: ReplicaSet, { trouble, timestamp }: Sight) {
  const before = status?.conditions ?? [];
  if (!trouble) return without(before, "ReplicaFailure");
  return withCondition(before, { type: "ReplicaFailure", status: "True", ...trouble }, timestamp);
}
