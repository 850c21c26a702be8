/** Versioned objects with watch, and the door through which everyone reaches them. */
export * from "./client.ts";
export * from "./freeze.ts";
export * from "./informer.ts";
export * from "./memory-store.ts";
export * from "./sqlite-store.ts";
export * from "./store.ts";
