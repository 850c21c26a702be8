import type { ContainerStatus } from "./schema/container.ts";
import type { Pod } from "./schema/pod.ts";

const sidecarNames = ({ spec }: Pod): ReadonlySet<string> =>
  new Set((spec.initContainers ?? []).filter((item) => item.restartPolicy === "Always").map((item) => item.name));

/** READY as kubectl prints it: sidecars count like containers. */
export function podReady(pod: Pod): string {
  const sidecars = sidecarNames(pod);
  const statuses = [
    ...(pod.status?.initContainerStatuses ?? []).filter((item) => sidecars.has(item.name)),
    ...(pod.status?.containerStatuses ?? []),
  ];
  const ready = statuses.filter((item) => item.ready && (item.state?.running || !sidecars.has(item.name)));
  return `${ready.length}/${pod.spec.containers.length + sidecars.size}`;
}

const ended = (prefix: string, { exitCode, signal }: { exitCode: number; signal?: number }) =>
  signal ? `${prefix}Signal:${signal}` : `${prefix}ExitCode:${exitCode}`;

/** STATUS as kubectl prints it: `CrashLoopBackOff`, `Init:0/1`, `Completed`, `Terminating` … */
export function podStatus(pod: Pod): string {
  const { status = {} } = pod;
  let reason: string = status.reason ?? status.phase ?? "Unknown";
  if (status.conditions?.some((item) => item.type === "PodScheduled" && item.reason === "SchedulingGated"))
    reason = "SchedulingGated";
  const initial = initStatus(pod);
  if (initial === undefined || condition(pod, "Initialized")) reason = containersStatus(pod, reason);
  else reason = initial;
  if (pod.metadata.deletionTimestamp === undefined) return reason;
  if (status.reason === "NodeLost") return "Unknown";
  return status.phase === "Failed" || status.phase === "Succeeded" ? reason : "Terminating";
}

const condition = ({ status }: Pod, type: string): boolean =>
  status?.conditions?.some((item) => item.type === type && item.status === "True") ?? false;

/** What the first init container that is not done is doing; undefined when all are. */
function initStatus(pod: Pod): string | undefined {
  const sidecars = sidecarNames(pod);
  for (const [index, { name, state = {}, started }] of (pod.status?.initContainerStatuses ?? []).entries()) {
    if (state.terminated?.exitCode === 0) continue;
    if (sidecars.has(name) && started) continue;
    if (state.terminated)
      return state.terminated.reason ? `Init:${state.terminated.reason}` : ended("Init:", state.terminated);
    const waiting = state.waiting?.reason;
    if (waiting && waiting !== "PodInitializing") return `Init:${waiting}`;
    return `Init:${index}/${(pod.spec.initContainers ?? []).length}`;
  }
  return undefined;
}

function containersStatus(pod: Pod, otherwise: string): string {
  let reason = otherwise;
  let running = false;
  for (const { state = {}, ready } of (pod.status?.containerStatuses ?? []).toReversed()) {
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated) reason = state.terminated.reason || ended("", state.terminated);
    else if (ready && state.running) running = true;
  }
  if (reason === "Completed" && running) return condition(pod, "Ready") ? "Running" : "NotReady";
  return reason;
}

/** RESTARTS as kubectl prints it: `3 (2m ago)`. */
export function podRestarts(pod: Pod, age: (time: string) => string): string {
  const sidecars = sidecarNames(pod);
  const initial = pod.status?.initContainerStatuses ?? [];
  const counted: readonly ContainerStatus[] =
    initStatus(pod) === undefined || condition(pod, "Initialized")
      ? [...initial.filter((item) => sidecars.has(item.name)), ...(pod.status?.containerStatuses ?? [])]
      : initial;
  const total = counted.reduce((sum, item) => sum + item.restartCount, 0);
  const last = counted
    .map((item) => item.lastState?.terminated?.finishedAt ?? "")
    .toSorted()
    .at(-1);
  return total > 0 && last ? `${total} (${age(last)} ago)` : String(total);
}
