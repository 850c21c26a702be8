/** The door to an API server over HTTPS: Weft's own or a cluster's. */
export { remoteClient, type RemoteClientOptions } from "./remote-client.ts";
export { applyObject, type ApplyOptions } from "./apply/apply-object.ts";
export { Connection, type ConnectionOptions } from "./connection.ts";
export { readKubeconfig } from "./kubeconfig-reader.ts";
