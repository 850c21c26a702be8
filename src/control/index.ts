/** The controllers: they make of what users wish (Deployments, Services, …) what runs (Pods, endpoints), and report back. */
export { EventRecorder, type EventType } from "./event.ts";
export { ControlLoop, type LoopOptions } from "./loop.ts";
export { type Controller, World, type WorldOptions } from "./world.ts";
