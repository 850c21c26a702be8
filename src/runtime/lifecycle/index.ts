/** Keeps the containers of a pod running as its order says: order of start, probes, hooks, restarts, graceful end. */
export { PodKeeper } from "./pod.ts";
