/** The Kubernetes-compatible API: its rules over a store, its HTTPS server, and the doors to it. */
export { Api, createApi } from "./api.ts";
export { bootstrap } from "./bootstrap.ts";
export * from "./client/index.ts";
export type { LogRequest } from "./http/logs.ts";
export { serveApi } from "./http/server.ts";
export { kubeconfig } from "./kubeconfig.ts";
export { localClient } from "./local-client.ts";
