/** The door to an API server over HTTPS: Weft's own or a cluster's. */
export { remoteClient, type RemoteClientOptions } from "./remote-client.ts";
