export * from "./contract.ts";
export { ConfigStore } from "./store.ts";
export { unknownWorkload } from "./workload-labels.ts";
