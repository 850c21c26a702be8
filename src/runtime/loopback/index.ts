/** Pods without namespaces, for any system: each has a loopback address of its own, and its programs are told so. */
export { openLoopbackHost, type LoopbackOptions } from "./loopback-host.ts";
