/** A cluster in memory for tests: the API, the controllers asked for, a clock that is moved by hand, and kubelets by hand. */
import { ManualClock, seededChance, type Chance } from "../../src/base/index.ts";
import { type Api, bootstrap, createApi, localClient } from "../../src/api/index.ts";
import { type Controller, World } from "../../src/control/world.ts";
import { startWorkloadControllers } from "../../src/control/workloads.ts";
import { type Condition, type Deployment, kinds, type Pod, type ReplicaSet } from "../../src/model/index.ts";
import { type Client, openMemoryStore, type Store } from "../../src/store/index.ts";

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export class Cluster {
  readonly clock = new ManualClock();
  readonly store: Store;
  readonly api: Api;
  readonly client: Client;
  readonly world: World;
  readonly controllers: readonly Controller[];

  private constructor(start: (world: World) => readonly Controller[], through: (client: Client) => Client) {
    this.store = openMemoryStore({ historyLength: 5000 });
    this.api = createApi({ store: this.store, clock: this.clock });
    this.client = localClient(this.api);
    this.world = new World({ client: through(this.client), clock: this.clock, chance: seededChance(1) });
    this.controllers = start(this.world);
  }

  /** `through`: what stands between the controllers and the API. */
  static async open(
    start: (world: World) => readonly Controller[] = (world) => [startWorkloadControllers(world, { caPem: "PEM" })],
    through: (client: Client) => Client = (client) => client,
  ): Promise<Cluster> {
    const cluster = new Cluster(start, through);
    await bootstrap(cluster.api);
    await cluster.world.synced();
    return cluster;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const controller of this.controllers) controller.close();
    this.world.close();
    await this.store.close();
  }

  /** Until nobody writes any more, even when given a little time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      const before = this.store.version;
      await turn();
      for (const controller of this.controllers) await controller.idle();
      await turn();
      quiet = this.store.version === before ? quiet + 1 : 0;
      this.clock.advance(10);
    }
  }

  pods(): Pod[] {
    return this.api.list(kinds.Pod as never).items as unknown as Pod[];
  }

  sets(): ReplicaSet[] {
    return this.api.list(kinds.ReplicaSet as never).items as unknown as ReplicaSet[];
  }

  async deployment(name = "web"): Promise<Deployment> {
    const found = await this.client.get(kinds.Deployment, { namespace: "default", name });
    if (!found) throw new Error(`no deployment ${name}`);
    return found;
  }

  /** Changes the Deployment as a user would. */
  async change(spec: object): Promise<void> {
    const patch = { type: "merge", body: { spec } } as const;
    await this.client.patch(kinds.Deployment, { namespace: "default", name: "web" }, patch);
  }

  async setImage(image: string): Promise<void> {
    await this.change({ template: { spec: { containers: [{ name: "web", image }] } } });
  }

  /** What kubectl would list as events of an object: `reason: message`. */
  async events(name: string): Promise<string[]> {
    const { items } = await this.client.list(kinds.Event);
    return items
      .filter(({ involvedObject }) => involvedObject.name === name)
      .map(({ reason = "", message = "" }) => `${reason}: ${message}`);
  }

  /** Does what a kubelet would do next for one pod: start it, or end it. False when there is nothing to do. */
  async kubelet(chance: Chance = () => 0): Promise<boolean> {
    const open = this.pods().filter((pod) => pod.metadata.deletionTimestamp ?? !(isReady(pod) || isBroken(pod)));
    const pod = open[Math.floor(chance() * open.length)];
    if (!pod) return false;
    const { namespace, name = "" } = pod.metadata;
    if (pod.metadata.deletionTimestamp) {
      await this.client.delete(kinds.Pod, { namespace, name }, { gracePeriodSeconds: 0 });
      return true;
    }
    if (!pod.spec.nodeName) {
      const patch = { type: "merge", body: { spec: { nodeName: "weft" } } } as const;
      await this.client.patch(kinds.Pod, { namespace, name }, patch);
    }
    await this.setReady(name, true, "Running", namespace);
    return true;
  }

  async setReady(
    name: string,
    ready: boolean,
    phase: "Running" | "Failed" = "Running",
    namespace: string | undefined = "default",
  ): Promise<void> {
    const pod = await this.client.get(kinds.Pod, { namespace, name });
    if (!pod) return;
    const lastTransitionTime = this.world.timestamp();
    const conditions: Condition[] = [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime }];
    await this.client.replaceStatus(kinds.Pod, { ...pod, status: { ...pod.status, phase, conditions } });
  }

  /** Settles, and lets kubelets finish all there is to do. */
  async converge(chance?: Chance): Promise<void> {
    do await this.settle();
    while (await this.kubelet(chance));
  }
}

/** Pods of this image never become ready. */
export const brokenImage = "web:broken";

function isBroken({ spec }: Pod): boolean {
  return spec.containers.some(({ image }) => image === brokenImage);
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

export function deployment(spec: Partial<Deployment["spec"]> = {}, image = "web:1"): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", labels: { app: "web" } },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image }] } },
      ...spec,
    },
  };
}
