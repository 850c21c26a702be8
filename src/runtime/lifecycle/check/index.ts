/** What probes and hooks do to a container: run a program in it, ask it over HTTP or gRPC, open a connection, wait. */
export { failed, type Outcome, passed, type Place } from "./action.ts";
export { perform } from "./perform.ts";
