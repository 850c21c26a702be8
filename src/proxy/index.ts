/** The data plane: listens, sniffs, filters, routes, balances and connects, by Envoy resources alone. */
import type { LoadedBootstrap } from "./bootstrap/load.ts";

export type { Bootstrap } from "./bootstrap/bootstrap.ts";
export type { BootstrapFault, LoadedBootstrap } from "./bootstrap/load.ts";
export { mergePages, openAdminPort } from "./admin/index.ts";
export type { AdminPort, PageRequest, Reply as PageReply } from "./admin/index.ts";
export { freePorts } from "./bootstrap/free-ports.ts";
export type { BoundPort, ChosenPorts } from "./capture/bound-ports.ts";
export * from "./contract.ts";
export { Proxy } from "./proxy.ts";
export { StaticProxy } from "./static-proxy.ts";

/** Reads a bootstrap and gathers all that is wrong with it. Loaded when it is used: in a mesh nothing reads files. */
export const loadBootstrap = async (text: string, file: string): Promise<LoadedBootstrap> =>
  (await import("./bootstrap/load.ts")).loadBootstrap(text, file);
