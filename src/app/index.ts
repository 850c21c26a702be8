/** The compositions: the one place that knows every room and makes a running mesh of them. */
import type { ReadStatus, RunUp, TakeDown } from "./options.ts";
import type { ReadBootstrap, RunStandalone } from "./standalone/options.ts";

export * from "./data-dir.ts";
export * from "./options.ts";
export * from "./record.ts";
export * from "./standalone/options.ts";
export type { Bootstrap, BootstrapFault } from "../proxy/index.ts";

// Each is loaded when it is used: commands that only ask do not wait for what runs a mesh.
export const runUp: RunUp = async (...given) => (await import("./up.ts")).runUp(...given);
export const readStatus: ReadStatus = async (...given) => (await import("./status.ts")).readStatus(...given);
export const takeDown: TakeDown = async (...given) => (await import("./down.ts")).takeDown(...given);
export const readBootstrap: ReadBootstrap = async (...given) =>
  (await import("../proxy/index.ts")).loadBootstrap(...given);
export const runStandalone: RunStandalone = async (...given) =>
  (await import("./standalone/run.ts")).runStandalone(...given);
