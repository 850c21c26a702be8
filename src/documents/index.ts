/** YAML and JSON text: the values of its documents, what is wrong with it, and where everything stands. */
export * from "./path.ts";
export * from "./read.ts";
