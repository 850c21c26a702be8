/** The door to an API server over HTTPS: Weft's own or a cluster's. */
export { remoteClient } from "./remote-client.ts";
export { applyObject } from "./apply/apply-object.ts";
export { Connection } from "./connection.ts";
export { readKubeconfig } from "./kubeconfig-reader.ts";
