export { istioLogFormat, type WriteLine } from "./access-log.ts";
export * from "./contract.ts";
export { LiveCluster } from "./cluster.ts";
export { LiveEndpoint } from "./endpoint.ts";
export type { ResolveName } from "./resolution.ts";
export { ConfigStore, type ConfigListener, type ConfigStoreOptions } from "./store.ts";
export { destinationService, unknownWorkload, workloadLabels } from "./workload-labels.ts";
export { LiveWorkload } from "./workload.ts";
