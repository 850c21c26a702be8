import type { Clock, Log } from "../../base/index.ts";
import type { Container, Pod } from "../../model/index.ts";
import type { ContainerOrder, PodOrder } from "../contract.ts";
import { containerLogFolder } from "../logs/index.ts";
import { ContainerKeeper, type ContainerOptions, type Home } from "./container.ts";
import type { Emit } from "./event.ts";
import type { RestartPolicy } from "./restart.ts";

export interface ContainersOptions {
  readonly order: PodOrder;
  readonly logDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly emit: Emit;
  readonly changed: () => void;
}

/** The containers of one pod, in the order they start and end. */
export class Containers {
  readonly inits: readonly ContainerKeeper[];
  readonly mains: readonly ContainerKeeper[];
  #initialized = false;
  #stopping = false;

  constructor(options: ContainersOptions) {
    const { spec, status = {} } = podOf(options.order);
    const before = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const keep = (container: Container, order: ContainerOrder | undefined, role: ContainerOptions["role"]) =>
      new ContainerKeeper({
        ...settingsOf(options, container, role),
        container,
        order: order ?? { name: container.name, argv: [], env: {} },
        role,
        before: before.find(({ name }) => name === container.name),
      });
    this.inits = pairs(spec.initContainers, options.order.initContainers).map(([container, order]) =>
      keep(container, order, container.restartPolicy === "Always" ? "sidecar" : "init"),
    );
    this.mains = pairs(spec.containers, options.order.containers).map(([container, order]) =>
      keep(container, order, "main"),
    );
    this.#initialized = this.inits.length === 0;
  }

  /** Every init container is through, every sidecar has started. */
  get initialized(): boolean {
    return this.#initialized;
  }

  get ready(): boolean {
    const lasting = [...this.inits.filter(({ role }) => role === "sidecar"), ...this.mains];
    return !this.#stopping && this.#initialized && lasting.every((keeper) => keeper.status().ready);
  }

  wait(reason: string, message: string): void {
    for (const keeper of [...this.inits, ...this.mains]) keeper.wait({ reason, message });
  }

  update(order: PodOrder): void {
    const { spec } = podOf(order);
    const latest = [...pairs(spec.initContainers, order.initContainers), ...pairs(spec.containers, order.containers)];
    for (const [container, ordered] of latest) {
      const keeper = [...this.inits, ...this.mains].find(({ name }) => name === container.name);
      if (ordered) keeper?.update(container, ordered);
    }
  }

  /** Starts them in order; resolves when all but the sidecars have ended for good, or an init container failed. */
  async run(home: Home): Promise<void> {
    for (const keeper of this.inits) {
      if (this.#stopping) return;
      keeper.begin(home);
      await (keeper.role === "sidecar" ? keeper.everStarted : keeper.finished);
      if (keeper.role === "init" && keeper.exitCode !== 0) return;
    }
    this.#initialized = true;
    for (const keeper of this.mains) {
      if (this.#stopping) return;
      keeper.begin(home);
      await keeper.launched;
    }
    await Promise.all(this.mains.map(({ finished }) => finished));
  }

  /** Ends all at the same time, sidecars after the rest and in reverse; `left` gives the seconds that remain. */
  async stop(left: () => number): Promise<void> {
    this.#stopping = true;
    const sidecars = this.inits.filter(({ role }) => role === "sidecar");
    const others = [...this.inits.filter(({ role }) => role === "init"), ...this.mains];
    await Promise.all(others.map((keeper) => keeper.stop(left())));
    for (const keeper of sidecars.toReversed()) await keeper.stop(left());
  }

  /** Shortens the time of those that are ending. */
  hurry(seconds: number): void {
    for (const keeper of [...this.inits, ...this.mains]) if (keeper.ending) void keeper.stop(seconds);
  }
}

/** The order carries the pod as the API has it, checked and with its defaults. */
export const podOf = (order: PodOrder): Pod => order.pod as unknown as Pod;

export const graceOf = ({ spec }: Pod): number => spec.terminationGracePeriodSeconds ?? 30;

function settingsOf(
  { order, logDir, clock, log, emit, changed }: ContainersOptions,
  container: Container,
  role: ContainerOptions["role"],
) {
  const pod = podOf(order);
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  return {
    policy: policyOf(pod, container, role),
    graceSeconds: graceOf(pod),
    podText: `${name}_${namespace}(${uid})`,
    uid,
    logFolder: containerLogFolder(logDir, { namespace, pod: name, uid }, container.name),
    waiting: { reason: pod.spec.initContainers?.length ? "PodInitializing" : "ContainerCreating" },
    clock,
    log,
    emit,
    changed,
  };
}

/** For an init container Always means: until it succeeds. */
function policyOf({ spec }: Pod, container: Container, role: ContainerOptions["role"]): RestartPolicy {
  const ofPod = spec.restartPolicy ?? "Always";
  switch (role) {
    case "sidecar":
      return "Always";
    case "init":
      return (container.restartPolicy ?? ofPod) === "Never" ? "Never" : "OnFailure";
    case "main":
      return container.restartPolicy ?? ofPod;
  }
}

function pairs(
  containers: readonly Container[] = [],
  orders: readonly ContainerOrder[],
): readonly (readonly [Container, ContainerOrder | undefined])[] {
  return containers.map((container) => [container, orders.find(({ name }) => name === container.name)]);
}
