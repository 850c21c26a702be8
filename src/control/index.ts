/** The controllers: they make of what users wish (Deployments, Services, …) what runs (Pods, endpoints), and report back. */
export { startEndpointController } from "./endpoints/index.ts";
export { EventRecorder } from "./event.ts";
export { Kubelet, orderInputs } from "./kubelet/index.ts";
export { whyNotReady } from "./readiness.ts";
export { nodeName } from "./scheduler/node.ts";
export { startWorkloadControllers } from "./workloads.ts";
export { World } from "./world.ts";
