import {
  type Deployment,
  keyOf,
  kinds,
  labelSelector,
  matchesLabels,
  type Pod,
  type ReplicaSet,
} from "../../model/index.ts";
import { ApiFault } from "../../store/index.ts";
import { canonicalJson } from "../canonical.ts";
import { conditionOf } from "../condition.ts";
import { EventRecorder } from "../event.ts";
import { ControlLoop } from "../loop.ts";
import { claim, controllerOf } from "../ownership.ts";
import type { Controller, World } from "../world.ts";
import { cleanUp } from "./cleanup.ts";
import { ensureNewSet } from "./new-set.ts";
import { recreateStep } from "./recreate.ts";
import { isResized, resize } from "./resize.ts";
import { rollingStep } from "./rolling.ts";
import { Rollout } from "./rollout.ts";
import { deadlineIn, deploymentStatus, isComplete } from "./status.ts";

/** Leads each Deployment from the pods it has to the pods it wishes, by way of ReplicaSets. */
export class DeploymentController implements Controller {
  readonly #world: World;
  readonly #deployments;
  readonly #sets;
  readonly #pods;
  readonly #events: EventRecorder;
  readonly #loop: ControlLoop;
  readonly #stops: readonly (() => void)[];

  constructor(world: World) {
    this.#world = world;
    this.#deployments = world.informer(kinds.Deployment);
    this.#sets = world.informer(kinds.ReplicaSet);
    this.#pods = world.informer(kinds.Pod);
    this.#events = new EventRecorder(world, "deployment-controller");
    this.#loop = new ControlLoop({ name: "deployment", world, reconcile: (key) => this.#reconcile(key) });
    this.#stops = [
      this.#deployments.onChange((_before, after) => after && this.#loop.enqueue(keyOf(after))),
      this.#sets.onChange((before, after) => this.#setChanged(before, after)),
      this.#pods.onChange((before, after) => before && !after && this.#podGone(before)),
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
    for (const set of [before, after]) {
      const owner = set && controllerOf(set);
      if (owner?.kind === "Deployment") this.#loop.enqueue(`${set?.metadata.namespace ?? ""}/${owner.name}`);
    }
    if (!after || controllerOf(after)) return;
    for (const deployment of this.#deployments.byNamespace(after.metadata.namespace ?? "")) {
      if (matchesLabels(deployment.spec.selector, after.metadata.labels)) this.#loop.enqueue(keyOf(deployment));
    }
  }

  /** Recreate waits for the last old pod. */
  #podGone(pod: Pod): void {
    const owner = controllerOf(pod);
    const set = owner && this.#sets.get(`${pod.metadata.namespace ?? ""}/${owner.name}`);
    if (set) this.#setChanged(undefined, set);
  }

  async #reconcile(key: string): Promise<void> {
    const deployment = this.#deployments.get(key);
    if (!deployment) return;
    const rollout = new Rollout(this.#world, this.#events, deployment, await this.#claimSets(deployment));
    try {
      await this.#step(rollout);
    } catch (error) {
      // Someone else wrote: what was seen is old, and nothing is to be said of it.
      if (!(error instanceof ApiFault && error.reason === "Conflict")) await this.#report(rollout, false);
      throw error;
    }
  }

  #claimSets(deployment: Deployment): Promise<ReplicaSet[]> {
    return claim({
      client: this.#world.client,
      ownerKind: kinds.Deployment,
      owner: deployment,
      selector: labelSelector(deployment.spec.selector),
      kind: kinds.ReplicaSet,
      candidates: this.#sets.byNamespace(deployment.metadata.namespace ?? ""),
    });
  }

  async #step(rollout: Rollout): Promise<void> {
    const { deployment } = rollout;
    if (deployment.metadata.deletionTimestamp) return this.#report(rollout, false);
    notePause(rollout);
    if (deployment.spec.paused || isResized(rollout)) {
      await ensureNewSet(rollout, false);
      await resize(rollout);
      if (deployment.spec.paused) await cleanUp(rollout);
      return this.#report(rollout, false);
    }
    const pods = this.#pods.byNamespace(deployment.metadata.namespace ?? "");
    await (deployment.spec.strategy?.type === "Recreate" ? recreateStep(rollout, pods) : rollingStep(rollout));
    const { status = {}, metadata } = rollout.deployment;
    const isObserved = (status.observedGeneration ?? 0) >= (metadata.generation ?? 1);
    if (isObserved && isComplete(rollout.bounds.replicas, status)) await cleanUp(rollout);
    await this.#report(rollout, true);
  }

  async #report(rollout: Rollout, progress: boolean): Promise<void> {
    const { deployment } = rollout;
    const status = deploymentStatus(rollout, progress);
    if (canonicalJson(status) !== canonicalJson(deployment.status)) {
      rollout.deployment = await this.#world.client.replaceStatus(kinds.Deployment, { ...deployment, status });
    }
    const wait = deployment.spec.paused ? undefined : deadlineIn(rollout.deployment, this.#world.clock.now());
    // A moment later than the deadline, as the times of objects are whole seconds.
    if (wait !== undefined) this.#loop.enqueueAfter(keyOf(deployment), wait + 1000);
  }
}

/** A paused rollout must not count as stuck. */
function notePause(rollout: Rollout): void {
  const { spec } = rollout.deployment;
  const current = conditionOf(rollout.conditions, "Progressing");
  if (spec.progressDeadlineSeconds === undefined || current?.reason === "ProgressDeadlineExceeded") return;
  const isPaused = current?.reason === "DeploymentPaused";
  if (spec.paused && !isPaused) rollout.note("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused");
  else if (!spec.paused && isPaused) {
    rollout.note("Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed");
  }
}
