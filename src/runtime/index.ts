/** Keeps pods running as processes of this machine: their network, their files, their lives and their output. */
export { runAgent } from "./agent.ts";
export * from "./contract.ts";
export { keepLogsOf, readLogs } from "./logs/index.ts";
export { openLoopbackHost } from "./loopback/index.ts";
export {
  type Command,
  enterNodeNamespace,
  initPidOf,
  nodeNamespaceCommand,
  openNetnsHost,
  probeNetns,
} from "./netns/index.ts";
export { podNumberPlaceholder, resolveOrder } from "./order/index.ts";
export type { PodHost } from "./sandbox.ts";
