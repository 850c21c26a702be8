/** The node agent's process: the first of the node namespace, or a plain child. It ends when its channel to the control plane does. */
import { join } from "node:path";
import { explain, lineLog, systemClock } from "../base/index.ts";
import { keepCompiled } from "./compile-cache.ts";
import { type AgentCommand, openLoopbackHost, openNetnsHost, type PodHost, runAgent } from "../runtime/index.ts";

const [network = "loopback", folder = "", logDir = "", ...hidden] = process.argv.slice(2);
const log = lineLog((line) => void process.stderr.write(`${line}\n`));

// Ctrl-C of a terminal is for the first process, which ends this one in order.
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => undefined);

let handle: ((command: AgentCommand) => void) | undefined;
const early: AgentCommand[] = [];
process.on("message", (command: AgentCommand) => {
  if (handle) handle(command);
  else early.push(command);
});
process.on("disconnect", () => process.exit(0));

keepCompiled();
const report = (message: object): void => void process.send?.(message);

try {
  const host = await open();
  await runAgent({
    host,
    folder,
    logDir,
    clock: systemClock,
    log,
    report,
    // A mesh that is late must not keep programs from starting for ever.
    hold: 5000,
    receive(handler) {
      handle = handler;
      for (const command of early.splice(0)) handler(command);
    },
  });
  await host.close();
  process.exit(0);
} catch (error) {
  report({ kind: "failed", message: explain(error) });
  log.error("the node agent failed", { error: explain(error) });
  process.exitCode = 1;
  setTimeout(() => process.exit(1), 100);
}

async function open(): Promise<PodHost> {
  if (network === "netns") return openNetnsHost({ scratch: folder, hidden, clock: systemClock, log });
  return openLoopbackHost({ folder: join(folder, "loopback"), clock: systemClock, log });
}
