import type { Condition, ContainerStatus, Pod, PodStatus } from "../../model/index.ts";
import type { PodReport } from "../../runtime/index.ts";
import { qosClassOf } from "./qos-class.ts";

type Verdict = Pick<Condition, "type" | "status" | "reason" | "message">;

/**
 * The status of a pod by what its agent reports, with what others wrote into it kept.
 * `now` is the time as objects carry it.
 */
export function statusOf(pod: Pod, report: PodReport, now: string): PodStatus {
  const before = pod.status ?? {};
  const { podIP, hostIP, startTime = before.startTime, reason, message } = report;
  return {
    phase: report.phase,
    conditions: conditionsOf(pod, report, now),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(hostIP !== undefined && { hostIP, hostIPs: [{ ip: hostIP }] }),
    ...(podIP !== undefined && { podIP, podIPs: [{ ip: podIP }] }),
    ...(startTime !== undefined && { startTime }),
    ...(report.initContainerStatuses.length > 0 && { initContainerStatuses: statuses(report.initContainerStatuses) }),
    containerStatuses: statuses(report.containerStatuses),
    qosClass: before.qosClass ?? qosClassOf(pod),
  };
}

const statuses = (given: readonly Record<string, unknown>[]) => given as unknown as ContainerStatus[];

function conditionsOf(pod: Pod, report: PodReport, now: string): Condition[] {
  const before = pod.status?.conditions ?? [];
  const verdicts = verdictsOf(pod, report);
  const own = verdicts.map((verdict): Condition => {
    const old = before.find(({ type }) => type === verdict.type);
    const since = old?.status === verdict.status ? old.lastTransitionTime : undefined;
    return { ...verdict, lastTransitionTime: since ?? now };
  });
  const types = new Set(own.map(({ type }) => type));
  return [...own, ...before.filter(({ type }) => !types.has(type))];
}

function verdictsOf(pod: Pod, report: PodReport): Verdict[] {
  const verdict = (type: string, holds: boolean, why: { reason?: string; message?: string } = {}): Verdict => ({
    type,
    status: holds ? "True" : "False",
    ...why,
  });
  const completed = { reason: "PodCompleted" };
  const succeeded = report.phase === "Succeeded";
  const unready = succeeded
    ? completed
    : report.ready
      ? {}
      : { reason: "ContainersNotReady", ...unreadyMessage(report) };
  const gate = report.ready ? closedGate(pod) : undefined;
  const incomplete = namesWhere(report.initContainerStatuses, (status) => status["ready"] !== true);
  const uninitialized = {
    reason: "ContainersNotInitialized",
    ...(incomplete && { message: `containers with incomplete status: [${incomplete}]` }),
  };
  return [
    verdict("PodReadyToStartContainers", report.podIP !== undefined && report.phase !== "Failed" && !succeeded),
    verdict("Initialized", report.initialized, report.initialized ? (succeeded ? completed : {}) : uninitialized),
    gate === undefined
      ? verdict("Ready", report.ready, unready)
      : verdict("Ready", false, {
          reason: "ReadinessGatesNotReady",
          message: `corresponding condition of pod readiness gate "${gate}" is not "True"`,
        }),
    verdict("ContainersReady", report.ready, unready),
    verdict("PodScheduled", true),
  ];
}

function unreadyMessage(report: PodReport): { message?: string } {
  const unready = namesWhere(report.containerStatuses, (status) => status["ready"] !== true);
  return unready ? { message: `containers with unready status: [${unready}]` } : {};
}

function namesWhere(
  given: readonly Record<string, unknown>[],
  test: (status: Record<string, unknown>) => boolean,
): string {
  return given
    .filter(test)
    .map(({ name }) => String(name))
    .join(" ");
}

/** The first condition that readiness of the pod needs and that nobody has set to True. */
function closedGate({ spec, status }: Pod): string | undefined {
  const gates = spec.readinessGates ?? [];
  const isOpen = (type: string) => status?.conditions?.some((item) => item.type === type && item.status === "True");
  return gates.find(({ conditionType }) => !isOpen(conditionType))?.conditionType;
}
