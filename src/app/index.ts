/** The compositions: the one place that knows every room and makes a running mesh of them. */
export * from "./data-dir.ts";
export * from "./options.ts";
export * from "./record.ts";
