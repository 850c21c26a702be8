/** Envoy v3 messages, and the discovery conversation that carries them. */
export * from "./discovery.ts";
export * from "./envoy.ts";
