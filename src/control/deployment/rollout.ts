import { type Condition, type Deployment, kinds, type ReplicaSet } from "../../model/index.ts";
import { canonicalJson } from "../canonical.ts";
import { withCondition } from "../condition.ts";
import type { EventRecorder } from "../event.ts";
import type { World } from "../world.ts";
import { revisionOf, revisionKey, sizeAnnotations } from "./annotations.ts";
import { type Bounds, boundsOf } from "./bounds.ts";
import { wished } from "./counts.ts";
import { findNew } from "./template.ts";

/** One look at a Deployment and its ReplicaSets, and what was done about them during it. */
export class Rollout {
  readonly world: World;
  readonly events: EventRecorder;
  readonly bounds: Bounds;
  deployment: Deployment;
  /** The set of the present template. */
  newSet: ReplicaSet | undefined;
  /** All others. */
  oldSets: readonly ReplicaSet[];
  conditions: Condition[];
  collisions: number | undefined;

  constructor(world: World, events: EventRecorder, deployment: Deployment, sets: readonly ReplicaSet[]) {
    this.world = world;
    this.events = events;
    this.deployment = deployment;
    this.bounds = boundsOf(deployment);
    this.newSet = findNew(deployment, sets);
    this.oldSets = sets.filter((set) => set !== this.newSet);
    this.conditions = [...(deployment.status?.conditions ?? [])];
    this.collisions = deployment.status?.collisionCount;
  }

  get allSets(): readonly ReplicaSet[] {
    return this.newSet ? [...this.oldSets, this.newSet] : this.oldSets;
  }

  note(type: string, status: Condition["status"], reason: string, message: string, renew = false): void {
    const lastUpdateTime = this.world.timestamp();
    const news = { type, status, reason, message, lastUpdateTime };
    this.conditions = withCondition(this.conditions, news, lastUpdateTime, renew);
  }

  /** Gives the set a new size. True when that is a change. */
  async scale(set: ReplicaSet, replicas: number): Promise<boolean> {
    const before = wished(set);
    const scaled = await this.patchSet(set, { replicas }, sizeAnnotations(this.bounds));
    if (scaled === set || before === replicas) return false;
    const direction = before < replicas ? "up" : "down";
    const message = `Scaled ${direction} replica set ${set.metadata.name ?? ""} from ${before} to ${replicas}`;
    this.events.event(this.deployment, "Normal", "ScalingReplicaSet", message);
    return true;
  }

  /** Writes fields of just this version of the set, if they differ, and keeps the outcome among the sets. */
  async patchSet(
    set: ReplicaSet,
    spec: Partial<ReplicaSet["spec"]>,
    annotations: Readonly<Record<string, string>>,
  ): Promise<ReplicaSet> {
    const { namespace, name = "", uid, resourceVersion } = set.metadata;
    const after = [
      { ...set.spec, ...spec },
      { ...set.metadata.annotations, ...annotations },
    ];
    if (canonicalJson(after) === canonicalJson([set.spec, set.metadata.annotations ?? {}])) return set;
    const body = { metadata: { uid, resourceVersion, annotations }, spec };
    const written = await this.world.client.patch(kinds.ReplicaSet, { namespace, name }, { type: "merge", body });
    if (this.newSet === set) this.newSet = written;
    else this.oldSets = this.oldSets.map((old) => (old === set ? written : old));
    return written;
  }

  /** The Deployment carries the number of the revision it runs. */
  async setRevision(set: ReplicaSet): Promise<void> {
    const revision = revisionOf(set);
    if (revision === revisionOf(this.deployment)) return;
    const { namespace, name = "", uid, resourceVersion } = this.deployment.metadata;
    const body = { metadata: { uid, resourceVersion, annotations: { [revisionKey]: String(revision) } } };
    this.deployment = await this.world.client.patch(kinds.Deployment, { namespace, name }, { type: "merge", body });
  }
}
