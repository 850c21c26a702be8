import { Fault } from "../base/index.ts";
import type { ContainerStatus, KubeObject, Pod } from "../model/index.ts";
import type { Summary, WorkloadSummary } from "./options.ts";

/** Waiting reasons that no patience mends. */
const final = new Set(["ImageUnknown", "InvalidImageName", "StartError"]);
/** Restarts of a container that has never been ready, before it counts as crashing for good. */
const mostRestarts = 3;

/**
 * Why what the user gives now will not run: an image nobody knows, a program that cannot be started or ends again and again.
 * Undefined while there is hope. Once it is `late`, one crash is enough.
 */
export function hopeless(
  { workloads }: Summary,
  pods: readonly Pod[],
  given: readonly KubeObject[],
  late: boolean,
): Fault | undefined {
  const isGiven = ({ kind, namespace, name }: WorkloadSummary) =>
    given.some(
      (object) =>
        object.kind === kind && object.metadata.name === name && (object.metadata.namespace ?? "default") === namespace,
    );
  for (const workload of workloads.filter(({ ready, desired }) => ready < desired).filter(isGiven)) {
    const own = pods.filter((pod) => isOf(pod, workload));
    const statuses = own.flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ]);
    const hasFailed = workload.kind === "Pod" && own.some(({ status }) => status?.phase === "Failed");
    if (!hasFailed && !statuses.some((status) => isFinal(status, late))) continue;
    const why = workload.reasons.join("; ") || "its containers end again and again";
    return new Fault("cannot-start", `${workload.kind.toLowerCase()} ${workload.name} cannot start: ${why}`, {
      remedy: "mend it and start again; nothing was left running",
    });
  }
  return undefined;
}

function isOf(pod: Pod, { kind, namespace, name }: WorkloadSummary): boolean {
  if (pod.metadata.namespace !== namespace) return false;
  if (kind === "Pod") return pod.metadata.name === name;
  const hash = pod.metadata.labels?.["pod-template-hash"] ?? "";
  return pod.metadata.ownerReferences?.some((owner) => owner.name === `${name}-${hash}`) ?? false;
}

function isFinal({ state, lastState, restartCount, ready }: ContainerStatus, late: boolean): boolean {
  const reason = state?.waiting?.reason ?? "";
  const ended = state?.terminated?.reason ?? (state?.waiting && lastState?.terminated?.reason) ?? "";
  if (final.has(reason) || final.has(ended)) return true;
  return !ready && reason === "CrashLoopBackOff" && (late || restartCount >= mostRestarts);
}
