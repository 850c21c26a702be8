/** The Kubernetes-compatible API: its rules over a store, its HTTPS server, and the doors to it. */
export { Api, type ApiOptions, createApi, type WriteRequest } from "./api.ts";
export { bootstrap } from "./bootstrap.ts";
export * from "./client/index.ts";
export type { LogProvider, LogRequest } from "./http/logs.ts";
export { type ApiServer, serveApi, type ServeOptions } from "./http/server.ts";
export { kubeconfig } from "./kubeconfig.ts";
export { localClient } from "./local-client.ts";
