/** The output of containers: written to files by the agent, read by whoever sees the same folder. */
export { ContainerLog, type ContainerLogOptions } from "./writer.ts";
export { containerLogFolder } from "./layout.ts";
export { type LogRequest, readLogs } from "./reader.ts";
export { keepLogsOf, removeLogs } from "./sweep.ts";
