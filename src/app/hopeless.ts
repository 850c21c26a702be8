import { Fault } from "../base/index.ts";
import type { ContainerStatus, KubeObject, Pod } from "../model/index.ts";
import type { Summary, WorkloadSummary } from "./options.ts";

/** Waiting reasons that no patience mends. */
const blocked = new Set(["ImageUnknown", "InvalidImageName"]);
/** Restarts of a container that has never been ready, before it counts as crashing for good. */
const mostRestarts = 3;

/** What was so when this start began: failures of earlier ones prove nothing. */
export interface Before {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** How often each container had been restarted, by `UID NAME`. */
  readonly restarts: ReadonlyMap<string, number>;
}

/** The restarts of every container there is. */
export function restartsOf(pods: readonly Pod[]): Map<string, number> {
  return new Map(
    pods.flatMap((pod) =>
      statusesOf(pod).map((status) => [`${pod.metadata.uid ?? ""} ${status.name}`, status.restartCount] as const),
    ),
  );
}

/**
 * Why what the user gives now will not run: an image nobody knows, a program that cannot be started or ends again and again.
 * Undefined while there is hope. Once it is `late`, one crash is enough.
 */
export function hopeless(
  { workloads }: Summary,
  pods: readonly Pod[],
  given: readonly KubeObject[],
  late: boolean,
  before: Before,
): Fault | undefined {
  const isGiven = ({ kind, namespace, name }: WorkloadSummary) =>
    given.some(
      (object) =>
        object.kind === kind && object.metadata.name === name && (object.metadata.namespace ?? "default") === namespace,
    );
  for (const workload of workloads.filter(({ ready, desired }) => ready < desired).filter(isGiven)) {
    const own = pods.filter((pod) => isOf(pod, workload));
    const hasFailed = workload.kind === "Pod" && own.some(({ status }) => status?.phase === "Failed");
    const isFinal = (pod: Pod) =>
      statusesOf(pod).some((status) => isLost(status, before.restarts.get(`${pod.metadata.uid ?? ""} ${status.name}`)));
    if (!hasFailed && !own.some(isFinal)) continue;
    const why = workload.reasons.join("; ") || "its containers end again and again";
    return new Fault("cannot-start", `${workload.kind.toLowerCase()} ${workload.name} cannot start: ${why}`, {
      remedy: "mend it and start again; nothing was left running",
    });
  }
  return undefined;

  function isLost({ state = {}, lastState, restartCount, ready }: ContainerStatus, restartsBefore = 0): boolean {
    const reason = state.waiting?.reason ?? "";
    if (blocked.has(reason)) return true;
    const ended = state.terminated ?? lastState?.terminated;
    // Times of Kubernetes are whole seconds.
    const isOld = Date.parse(ended?.finishedAt ?? "") < Math.floor(before.since / 1000) * 1000;
    if (ready || state.running || !ended || isOld) return false;
    if (ended.reason === "StartError") return true;
    return reason === "CrashLoopBackOff" && (late || restartCount - restartsBefore >= mostRestarts);
  }
}

function statusesOf({ status = {} }: Pod): readonly ContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

function isOf(pod: Pod, { kind, namespace, name }: WorkloadSummary): boolean {
  if (pod.metadata.namespace !== namespace) return false;
  if (kind === "Pod") return pod.metadata.name === name;
  const hash = pod.metadata.labels?.["pod-template-hash"] ?? "";
  return pod.metadata.ownerReferences?.some((owner) => owner.name === `${name}-${hash}`) ?? false;
}
