import { explain } from "../../base/index.ts";
import { keyOf, kinds, labelSelector, matchesLabels, type Pod, type ReplicaSet } from "../../model/index.ts";
import { ApiFault } from "../../store/index.ts";
import { canonicalJson } from "../canonical.ts";
import { EventRecorder } from "../event.ts";
import { ControlLoop } from "../loop.ts";
import { claim, controllerOf, ownedBy } from "../ownership.ts";
import { availableIn, isActive } from "../pod-state.ts";
import type { Controller, World } from "../world.ts";
import { Expectations } from "./expectations.ts";
import { replicaSetStatus, type Trouble } from "./status.ts";
import { victims } from "./victims.ts";

/** Keeps as many pods of each ReplicaSet as it wishes. */
export class ReplicaSetController implements Controller {
  readonly #world: World;
  readonly #sets;
  readonly #pods;
  readonly #events: EventRecorder;
  readonly #expectations: Expectations;
  readonly #loop: ControlLoop;
  readonly #stops: readonly (() => void)[];

  constructor(world: World) {
    this.#world = world;
    this.#sets = world.informer(kinds.ReplicaSet);
    this.#pods = world.informer(kinds.Pod);
    this.#events = new EventRecorder(world, "replicaset-controller");
    this.#expectations = new Expectations(world.clock);
    this.#loop = new ControlLoop({ name: "replica-set", world, reconcile: (key) => this.#reconcile(key) });
    this.#stops = [
      this.#sets.onChange((before, after) => this.#setChanged(before, after)),
      this.#pods.onChange((before, after) => this.#podChanged(before, after)),
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

  #setChanged(before: ReplicaSet | undefined, after: ReplicaSet | undefined): void {
    const set = after ?? before;
    if (!after) this.#expectations.forget(before?.metadata.uid ?? "");
    if (set) this.#loop.enqueue(keyOf(set));
  }

  #podChanged(before: Pod | undefined, after: Pod | undefined): void {
    for (const pod of [before, after]) {
      const owner = pod && controllerOf(pod);
      if (!pod || owner?.kind !== "ReplicaSet") continue;
      const uid = pod.metadata.uid ?? "";
      if (after && !after.metadata.deletionTimestamp) this.#expectations.sawCreation(owner.uid, uid);
      else this.#expectations.sawDeletion(owner.uid, uid);
      this.#loop.enqueue(`${pod.metadata.namespace ?? ""}/${owner.name}`);
    }
    if (!after || controllerOf(after)) return;
    for (const set of this.#sets.byNamespace(after.metadata.namespace ?? "")) {
      if (matchesLabels(set.spec.selector, after.metadata.labels)) this.#loop.enqueue(keyOf(set));
    }
  }

  async #reconcile(key: string): Promise<void> {
    const set = this.#sets.get(key);
    if (!set) return;
    const uid = set.metadata.uid ?? "";
    const wait = this.#expectations.wait(uid);
    if (wait > 0) return this.#loop.enqueueAfter(key, wait);
    const pods = await claim({
      client: this.#world.client,
      ownerKind: kinds.ReplicaSet,
      owner: set,
      selector: labelSelector(set.spec.selector),
      kind: kinds.Pod,
      candidates: this.#pods.byNamespace(set.metadata.namespace ?? ""),
      wanted: isActive,
    });
    const active = pods.filter(isActive);
    const { kept, error } = await this.#adjust(set, active);
    const terminating = pods.filter(({ metadata }) => metadata.deletionTimestamp).length + active.length - kept.length;
    await this.#report(set, kept, terminating, error && troubleOf(set, active, error.cause));
    if (error) throw error.cause;
    this.#watchTime(key, set, kept);
  }

  /** Makes missing pods, deletes those too many. What failed is told, not thrown: the status is to be written first. */
  async #adjust(set: ReplicaSet, active: readonly Pod[]): Promise<{ kept: Pod[]; error?: { cause: unknown } }> {
    const missing = (set.spec.replicas ?? 1) - active.length;
    if (set.metadata.deletionTimestamp || missing === 0) return { kept: [...active] };
    try {
      if (missing > 0) {
        await this.#create(set, missing);
        return { kept: [...active] };
      }
      const gone = victims(active, -missing);
      await Promise.all(gone.map((pod) => this.#delete(set, pod)));
      return { kept: active.filter((pod) => !gone.includes(pod)) };
    } catch (cause) {
      return { kept: [...active], error: { cause } };
    }
  }

  /** One, then two, then four …: what refuses one pod will refuse them all, and should be asked but once. */
  async #create(set: ReplicaSet, count: number): Promise<void> {
    let left = count;
    for (let batch = 1; left > 0; batch *= 2) {
      const size = Math.min(batch, left);
      await all(Array.from({ length: size }, () => this.#createOne(set)));
      left -= size;
    }
  }

  async #createOne(set: ReplicaSet): Promise<void> {
    try {
      const pod = await this.#world.client.create(kinds.Pod, podOf(set));
      const uid = pod.metadata.uid ?? "";
      if (this.#pods.get(keyOf(pod))?.metadata.uid !== uid) {
        this.#expectations.expectCreation(set.metadata.uid ?? "", uid);
      }
      this.#events.event(set, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name ?? ""}`);
    } catch (error) {
      // Nothing may be made in a namespace that ends; the set will end too.
      if (!isTerminating(error)) {
        this.#events.event(set, "Warning", "FailedCreate", `Error creating: ${explain(error)}`);
        throw error;
      }
    }
  }

  async #delete(set: ReplicaSet, pod: Pod): Promise<void> {
    const { namespace, name = "", uid = "" } = pod.metadata;
    try {
      await this.#world.client.delete(kinds.Pod, { namespace, name }, { uid });
    } catch (error) {
      // Gone already: the cache will say so.
      if (error instanceof ApiFault && error.status === 404) return;
      this.#events.event(set, "Warning", "FailedDelete", `Error deleting: ${explain(error)}`);
      throw error;
    }
    const seen = this.#pods.get(keyOf(pod));
    if (seen?.metadata.uid === uid && !seen.metadata.deletionTimestamp) {
      this.#expectations.expectDeletion(set.metadata.uid ?? "", uid);
    }
    this.#events.event(set, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
  }

  async #report(
    set: ReplicaSet,
    active: readonly Pod[],
    terminating: number,
    trouble: Trouble | undefined,
  ): Promise<void> {
    const { clock, client } = this.#world;
    const sight = { active, terminating, trouble, now: clock.now(), timestamp: this.#world.timestamp() };
    const status = replicaSetStatus(set, sight);
    if (canonicalJson(status) !== canonicalJson(set.status)) {
      await client.replaceStatus(kinds.ReplicaSet, { ...set, status });
    }
  }

  /** A pod that is ready becomes available by time alone. */
  #watchTime(key: string, { spec }: ReplicaSet, pods: readonly Pod[]): void {
    const now = this.#world.clock.now();
    const waits = pods.map((pod) => availableIn(pod, spec.minReadySeconds ?? 0, now) ?? 0).filter((wait) => wait > 0);
    if (waits.length > 0) this.#loop.enqueueAfter(key, Math.min(...waits));
  }
}

/** A new pod of the set's template. */
function podOf(set: ReplicaSet): Pod {
  const { metadata = {}, spec = { containers: [] } } = set.spec.template ?? {};
  const { labels, annotations, finalizers } = metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      // The server adds five letters, and the whole must be a host name.
      generateName: `${(set.metadata.name ?? "").slice(0, 57)}-`,
      namespace: set.metadata.namespace ?? "default",
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [ownedBy(kinds.ReplicaSet, set)],
    },
    spec,
  };
}

function troubleOf({ spec }: ReplicaSet, active: readonly Pod[], error: unknown): Trouble {
  const reason = active.length < (spec.replicas ?? 1) ? "FailedCreate" : "FailedDelete";
  return { reason, message: explain(error) };
}

function isTerminating(error: unknown): boolean {
  return error instanceof ApiFault && error.status === 403 && error.message.includes("is being terminated");
}

/** Waits for all, then throws the first refusal: nothing goes on behind the caller's back. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason;
}
