/** Versioned objects with watch, and the door through which everyone reaches them. */
export * from "./client.ts";
