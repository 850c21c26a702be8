/** Envoy v3 messages, and the discovery conversation that carries them. */
export * from "./channel.ts";
export * from "./client.ts";
export type { Nack } from "./conversation.ts";
export * from "./discovery.ts";
export * from "./envoy.ts";
export type * from "./http-filters.ts";
export * from "./name-table.ts";
export * from "./order.ts";
export * from "./server.ts";
export * from "./transport-sockets.ts";
export * from "./version.ts";
