/** The compositions: the one place that knows every room and makes a running mesh of them. */
import type { ReadStatus, RunUp, TakeDown } from "./options.ts";

export * from "./data-dir.ts";
export * from "./options.ts";
export * from "./record.ts";

// Each is loaded when it is used: commands that only ask do not wait for what runs a mesh.
export const runUp: RunUp = async (...given) => (await import("./up.ts")).runUp(...given);
export const readStatus: ReadStatus = async (...given) => (await import("./status.ts")).readStatus(...given);
export const takeDown: TakeDown = async (...given) => (await import("./down.ts")).takeDown(...given);
