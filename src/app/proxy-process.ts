/** The data plane's process. It ends when its channel to the control plane does. */
import type { Server, Socket } from "node:net";
import { adjustableLog } from "./adjustable-log.ts";
import { keepCompiled } from "./compile-cache.ts";
import { Proxy, type ToProxy } from "../proxy/index.ts";

const [version = "", standardOutput = "", dns] = process.argv.slice(2);
const { log, logging } = adjustableLog();

for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => undefined);

const proxy = new Proxy({
  version,
  standardOutput,
  log,
  logging,
  quit: () => process.exit(0),
  send: (message) => void process.send?.(message),
  ...(dns === undefined ? {} : { dns: { address: dns, port: 53 } }),
});
process.on("message", (message: ToProxy, handle) => proxy.receive(message, handle as Server | Socket | undefined));
process.on("disconnect", () => process.exit(0));
keepCompiled();
