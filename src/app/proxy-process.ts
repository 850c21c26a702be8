/** The data plane's process. It ends when its channel to the control plane does. */
import type { Server, Socket } from "node:net";
import { lineLog, type LogLevel } from "../base/index.ts";
import { keepCompiled } from "./compile-cache.ts";
import { Proxy, type ToProxy } from "../proxy/index.ts";

const [version = "", standardOutput = "", dns] = process.argv.slice(2);
const levels: readonly LogLevel[] = ["debug", "info", "warning", "error"];
let level: LogLevel = "info";
const write = (line: string) => void process.stderr.write(`${line}\n`);
const rank = (one: LogLevel) => levels.indexOf(one);
const everything = lineLog(write, { level: "debug" });
const log: typeof everything = {
  debug: (message, fields) => void (rank(level) <= 0 && everything.debug(message, fields)),
  info: (message, fields) => void (rank(level) <= 1 && everything.info(message, fields)),
  warning: (message, fields) => void (rank(level) <= 2 && everything.warning(message, fields)),
  error: (message, fields) => everything.error(message, fields),
  with: (fields) => everything.with(fields),
};

for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => undefined);

const proxy = new Proxy({
  version,
  standardOutput,
  log,
  logging: {
    level: () => level,
    set(wanted) {
      const known = levels.find((each) => each === wanted);
      if (known) level = known;
      return known !== undefined;
    },
  },
  quit: () => process.exit(0),
  send: (message) => void process.send?.(message),
  ...(dns === undefined ? {} : { dns: { address: dns, port: 53 } }),
});
process.on("message", (message: ToProxy, handle) => proxy.receive(message, handle as Server | Socket | undefined));
process.on("disconnect", () => process.exit(0));
keepCompiled();
