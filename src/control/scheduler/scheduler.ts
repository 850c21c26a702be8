import { keyOf, kinds, type Pod } from "../../model/index.ts";
import { EventRecorder } from "../event.ts";
import { ControlLoop } from "../loop.ts";
import { conditionOf } from "../condition.ts";
import { hasEnded } from "../pod-state.ts";
import type { Controller, World } from "../world.ts";
import { misfit } from "./fit.ts";
import { nodeName } from "./node.ts";

interface Verdict {
  readonly status: "True" | "False";
  readonly reason?: "Unschedulable" | "SchedulingGated";
  readonly message?: string;
}

/** Gives every new pod its node, or says why it gets none. */
export class Scheduler implements Controller {
  readonly #world: World;
  readonly #nodes;
  readonly #pods;
  readonly #events: EventRecorder;
  readonly #loop: ControlLoop;
  readonly #stops: readonly (() => void)[];

  constructor(world: World) {
    this.#world = world;
    this.#nodes = world.informer(kinds.Node);
    this.#pods = world.informer(kinds.Pod);
    this.#events = new EventRecorder(world, "default-scheduler");
    this.#loop = new ControlLoop({ name: "scheduler", world, reconcile: (key) => this.#reconcile(key) });
    this.#stops = [
      this.#pods.onChange((_before, after) => after && needsVerdict(after) && this.#loop.enqueue(keyOf(after))),
      this.#nodes.onChange(() => this.#reconsider()),
    ];
  }

  async idle(): Promise<void> {
    await this.#loop.idle();
    await this.#events.settled();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#loop.close();
  }

  /** What did not fit before may fit now. */
  #reconsider(): void {
    for (const pod of this.#pods.list()) if (needsVerdict(pod)) this.#loop.enqueue(keyOf(pod));
  }

  async #reconcile(key: string): Promise<void> {
    const pod = this.#pods.get(key);
    if (!pod || !needsVerdict(pod)) return;
    const { namespace = "", name = "" } = pod.metadata;
    const verdict = this.#judge(pod);
    const bind = verdict.status === "True" && !pod.spec.nodeName;
    if (bind) {
      const { uid, resourceVersion } = pod.metadata;
      const body = { metadata: { uid, resourceVersion }, spec: { nodeName } };
      await this.#world.client.patch(kinds.Pod, { namespace, name }, { type: "merge", body });
      this.#events.event(pod, "Normal", "Scheduled", `Successfully assigned ${key} to ${nodeName}`);
    }
    await this.#note(pod, verdict);
  }

  #judge(pod: Pod): Verdict {
    if (pod.spec.nodeName === nodeName) return { status: "True" };
    if ((pod.spec.schedulingGates?.length ?? 0) > 0) {
      const message = "Scheduling is blocked due to non-empty scheduling gates";
      return { status: "False", reason: "SchedulingGated", message };
    }
    const nodes = this.#nodes.list();
    const node = nodes.find(({ metadata }) => metadata.name === nodeName);
    const why = node && misfit(pod, node);
    if (node && why === undefined) return { status: "True" };
    const message = why
      ? `0/1 nodes are available: 1 ${why}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`
      : "no nodes available to schedule pods";
    return { status: "False", reason: "Unschedulable", message };
  }

  async #note(pod: Pod, verdict: Verdict): Promise<void> {
    const { namespace, name = "", uid } = pod.metadata;
    const current = conditionOf(pod.status?.conditions ?? [], "PodScheduled");
    if (current?.status === verdict.status && current.message === verdict.message) return;
    const condition = {
      type: "PodScheduled",
      lastProbeTime: null,
      lastTransitionTime: this.#world.timestamp(),
      ...verdict,
    };
    // Only this one condition: the others are the kubelet's.
    const body = {
      metadata: { uid },
      status: { conditions: [verdict.status === "True" ? cleared(condition) : condition] },
    };
    await this.#world.client.patch(kinds.Pod, { namespace, name }, { type: "strategic", body }, { status: true });
    if (verdict.reason === "Unschedulable") {
      this.#events.event(pod, "Warning", "FailedScheduling", verdict.message ?? "");
    }
  }
}

/** What an earlier refusal said no longer holds. */
function cleared(condition: object): object {
  return { ...condition, reason: null, message: null };
}

function needsVerdict({ metadata, spec, status }: Pod): boolean {
  if (metadata.deletionTimestamp || hasEnded(status?.phase)) return false;
  if ((spec.schedulerName ?? "default-scheduler") !== "default-scheduler") return false;
  return !spec.nodeName || conditionOf(status?.conditions ?? [], "PodScheduled")?.status !== "True";
}
