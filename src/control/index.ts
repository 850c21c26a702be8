/** The controllers: they make of what users wish (Deployments, Services, …) what runs (Pods, endpoints), and report back. */
export { startEndpointController } from "./endpoints/index.ts";
export { EventRecorder, type EventType } from "./event.ts";
export { Kubelet, type KubeletOptions, type KubeletSettings, type OrderInputs, orderInputs } from "./kubelet/index.ts";
export type { NamespaceOptions } from "./namespace/controller.ts";
export { ControlLoop, type LoopOptions } from "./loop.ts";
export { whyNotReady } from "./readiness.ts";
export { type NodeOptions, nodeName } from "./scheduler/node.ts";
export { startWorkloadControllers, type WorkloadOptions } from "./workloads.ts";
export { type Controller, World, type WorldOptions } from "./world.ts";
