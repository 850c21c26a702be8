import { Fault } from "../base/index.ts";
import type { ContainerStatus, KubeObject, Pod } from "../model/index.ts";
import type { Summary, WorkloadSummary } from "./options.ts";

/** Waiting reasons that no patience mends. */
const blocked = new Set(["ImageUnknown", "InvalidImageName"]);
/** Milliseconds such a reason must have stood: it may be what an earlier run left in the store. */
const proof = 700;
/** Restarts of a container that has never been ready, before it counts as crashing for good. */
const mostRestarts = 3;

/**
 * Judges whether what the user gives now will run: an image nobody knows, a program that cannot be started or ends again
 * and again. What is stored of earlier runs proves nothing.
 */
export class Hope {
  readonly #given: readonly KubeObject[];
  /** Milliseconds since the epoch, as coarse as times of Kubernetes are. */
  readonly #since: number;
  /** Restarts at the first look, and since when a container is blocked. */
  readonly #restarts = new Map<string, number>();
  readonly #blockedSince = new Map<string, number>();

  /** `now`: milliseconds since the epoch. */
  constructor(given: readonly KubeObject[], now: number) {
    this.#given = given;
    this.#since = Math.floor(now / 1000) * 1000;
  }

  /** Why there is none; undefined while there is. Once it is `late`, one crash is enough. */
  lost({ workloads }: Summary, pods: readonly Pod[], now: number, late: boolean): Fault | undefined {
    for (const workload of workloads.filter((one) => one.ready < one.desired && this.#isGiven(one))) {
      const own = pods.filter((pod) => isOf(pod, workload));
      if (own.filter((pod) => this.#isLost(pod, workload, now, late)).length === 0) continue;
      const why = workload.reasons.join("; ") || "its containers end again and again";
      return new Fault("cannot-start", `${workload.kind.toLowerCase()} ${workload.name} cannot start: ${why}`, {
        remedy: "mend it and start again; nothing was left running",
      });
    }
    return undefined;
  }

  #isGiven({ kind, namespace, name }: WorkloadSummary): boolean {
    return this.#given.some(
      (object) =>
        object.kind === kind && object.metadata.name === name && (object.metadata.namespace ?? "default") === namespace,
    );
  }

  #isLost({ metadata, status = {} }: Pod, { kind }: WorkloadSummary, now: number, late: boolean): boolean {
    if (kind === "Pod" && status.phase === "Failed") return true;
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    return containers
      .map((container) => this.#isFinal(`${metadata.uid ?? ""} ${container.name}`, container, now, late))
      .includes(true);
  }

  #isFinal(key: string, status: ContainerStatus, now: number, late: boolean): boolean {
    const { state = {}, lastState, restartCount, ready } = status;
    const reason = state.waiting?.reason ?? "";
    const restartsBefore = this.#restarts.get(key) ?? restartCount;
    this.#restarts.set(key, restartsBefore);
    if (blocked.has(reason)) {
      const since = this.#blockedSince.get(key) ?? now;
      this.#blockedSince.set(key, since);
      return now - since >= proof;
    }
    this.#blockedSince.delete(key);
    const ended = state.terminated ?? lastState?.terminated;
    if (ready || state.running || !ended || Date.parse(ended.finishedAt ?? "") < this.#since) return false;
    if (ended.reason === "StartError") return true;
    return reason === "CrashLoopBackOff" && (late || restartCount - restartsBefore >= mostRestarts);
  }
}

function isOf(pod: Pod, { kind, namespace, name }: WorkloadSummary): boolean {
  if (pod.metadata.namespace !== namespace) return false;
  if (kind === "Pod") return pod.metadata.name === name;
  const hash = pod.metadata.labels?.["pod-template-hash"] ?? "";
  return pod.metadata.ownerReferences?.some((owner) => owner.name === `${name}-${hash}`) ?? false;
}
