/** Everything a pod needs, worked out from the objects it refers to: variables, commands and the files of its volumes. */
export type * from "./input.ts";
export * from "./order.ts";
export * from "./placeholder.ts";
