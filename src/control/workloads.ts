import { DeploymentController } from "./deployment/controller.ts";
import { EventExpiry } from "./event-expiry.ts";
import { GarbageCollector } from "./garbage/controller.ts";
import { NamespaceController, type NamespaceOptions } from "./namespace/controller.ts";
import { ReplicaSetController } from "./replica-set/controller.ts";
import { NodeController, type NodeOptions } from "./scheduler/node.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import type { Controller, World } from "./world.ts";

export interface WorkloadOptions extends NamespaceOptions {
  readonly node?: NodeOptions;
}

/** Starts what turns Deployments into Pods with a node, and what keeps namespaces and owners in order. */
export function startWorkloadControllers(world: World, { node, ...options }: WorkloadOptions): Controller {
  const controllers: readonly Controller[] = [
    new NamespaceController(world, options),
    new NodeController(world, node),
    new DeploymentController(world),
    new ReplicaSetController(world),
    new Scheduler(world),
    new GarbageCollector(world),
    new EventExpiry(world),
  ];
  return {
    async idle() {
      for (const controller of controllers) await controller.idle();
    },
    close() {
      for (const controller of controllers.toReversed()) controller.close();
    },
  };
}
