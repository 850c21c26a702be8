import type { ContainerState, ContainerStatus, Deployment, Event, Pod } from "../model/index.ts";
import { hasEnded, isReady } from "./pod-state.ts";

/**
 * Why a Deployment or a Pod is not ready, a sentence for each reason, what many pods share said once.
 * `pods` are the workload's own; `events` may be all there are. Empty when nothing is wrong with it.
 */
export function whyNotReady(
  workload: Deployment | Pod,
  pods: readonly Pod[],
  events: readonly Event[] = [],
): readonly string[] {
  const reasons = new Map<string, string[]>();
  for (const pod of pods) {
    if (isReady(pod) || pod.status?.phase === "Succeeded" || pod.metadata.deletionTimestamp) continue;
    for (const reason of podReasons(pod, events)) {
      const names = reasons.get(reason) ?? [];
      names.push(pod.metadata.name ?? "");
      reasons.set(reason, names);
    }
  }
  if (workload.kind === "Pod") return [...reasons.keys()];
  const ofPods = [...reasons].map(([reason, [first = "", ...others]]) =>
    others.length === 0 ? `pod ${first}: ${reason}` : `${others.length + 1} pods, such as ${first}: ${reason}`,
  );
  return [...workloadReasons(workload, pods), ...ofPods];
}

/** What keeps pods from being made at all. */
function workloadReasons({ kind, spec, status }: Deployment | Pod, pods: readonly Pod[]): string[] {
  if (kind === "Pod") return [];
  const conditions = status?.conditions ?? [];
  const failure = conditions.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (failure) return [`pods cannot be made: ${failure.message ?? failure.reason ?? "no reason is given"}`];
  if (pods.length > 0) return [];
  return spec && "paused" in spec && spec.paused ? ["its rollout is paused"] : ["its pods are being made"];
}

function podReasons(pod: Pod, events: readonly Event[]): string[] {
  const { status = {}, spec } = pod;
  const condition = (type: string) => status.conditions?.find((item) => item.type === type && item.status === "False");
  const unscheduled = condition("PodScheduled");
  if (unscheduled) return [`no node takes it: ${unscheduled.message ?? unscheduled.reason ?? "no reason is given"}`];
  const about = events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata.uid);
  const first = (status.initContainerStatuses ?? []).flatMap((item) => containerReason(item, "init container", about));
  const reasons =
    first.length > 0
      ? first.slice(0, 1)
      : (status.containerStatuses ?? []).flatMap((item) => containerReason(item, "container", about));
  if (reasons.length > 0) return reasons;
  if (hasEnded(status.phase)) return [`it failed: ${status.message ?? status.reason ?? "no reason is given"}`];
  const unready = condition("Ready");
  if (unready?.message) return [unready.message];
  const warning = latest(about.filter(({ type }) => type === "Warning"));
  if (warning?.message) return [warning.message];
  return [spec.nodeName === undefined ? "it waits for a node" : "it is being started"];
}

/** Nothing when the container is well: it is ready, or was to end and did. */
function containerReason(
  { name, ready, state = {}, lastState, started }: ContainerStatus,
  what: string,
  events: readonly Event[],
): string[] {
  const { waiting, running, terminated } = state;
  const who = `${what} ${name}`;
  if (terminated?.reason === "StartError") return [`${who} cannot start: ${oneLine(terminated.message ?? "")}`];
  if (terminated) return terminated.exitCode === 0 ? [] : [`${who} ended with ${ending(terminated)}`];
  if (ready) return [];
  if (running) {
    const probe = latest(events.filter(({ reason, message }) => reason === "Unhealthy" && aboutOne(message, started)));
    const stage = started === false ? "has not finished starting" : "is not ready";
    return [`${who} runs but ${stage}${probe?.message ? `: ${oneLine(probe.message)}` : ""}`];
  }
  const { reason, message } = waiting ?? {};
  if (reason === "CrashLoopBackOff" && lastState?.terminated) {
    const { reason: why, message: told = "" } = lastState.terminated;
    if (why === "StartError") return [`${who} cannot start: ${oneLine(told)}`];
    return [`${who} keeps ending, with ${ending(lastState.terminated)}`];
  }
  if (reason === undefined || reason === "ContainerCreating" || reason === "PodInitializing") {
    return [`${who} is being started`];
  }
  const text = message ? oneLine(message) : "";
  // The message says all of it.
  if (reason === "RunContainerError" && text !== "") return [`${who} cannot start: ${text}`];
  return [`${who} cannot start: ${reason}${text && `: ${text}`}`];
}

/** While a container starts, only its startup probe speaks; after that its readiness is what counts. */
const aboutOne = (message = "", started = true): boolean =>
  (started ? /^readiness/i : /^startup/i).test(message) || !/^(readiness|startup|liveness)/i.test(message);

function ending({ exitCode, signal, reason, message }: NonNullable<ContainerState["terminated"]>): string {
  const how = signal === undefined ? `exit code ${exitCode}` : `signal ${signal}`;
  const why = reason === undefined || reason === "Error" || reason === "Completed" ? "" : ` (${reason})`;
  const words = message?.split("\n").findLast((line) => line.trim() !== "");
  return `${how}${why}${words === undefined ? "" : `; its last words: ${oneLine(words)}`}`;
}

/** Short enough for a line of a terminal that wraps once or twice. */
function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > 240 ? `${line.slice(0, 239)}…` : line;
}

function latest(events: readonly Event[]): Event | undefined {
  let found: Event | undefined;
  for (const event of events) if ((event.lastTimestamp ?? "") >= (found?.lastTimestamp ?? "")) found = event;
  return found;
}
