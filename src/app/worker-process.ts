/** One of several processes that carry the traffic of a bootstrap. It ends when its channel to the first process does. */
import { codeOf, explain, Fault } from "../base/index.ts";
import { StaticProxy } from "../proxy/index.ts";
import { adjustableLog } from "./adjustable-log.ts";
import { keepCompiled } from "./compile-cache.ts";
import { bindFault } from "./standalone/bind-fault.ts";
import type { FromWorker, ToWorker } from "./standalone/worker-contract.ts";

const [version = ""] = process.argv.slice(2);
const log = adjustableLog();
/** A channel that cannot take a message is gone, and then this process ends. */
const send = (message: FromWorker) =>
  void process.send?.(message, undefined, {}, (error) => void (error && process.exit(0)));
let proxy: StaticProxy | undefined;

// A terminal's Ctrl-C is for the first process, which ends this one in order.
for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => undefined);

async function answer(message: ToWorker): Promise<FromWorker> {
  const { id } = message;
  switch (message.kind) {
    case "serve": {
      const { bootstrap, chosen } = message;
      proxy ??= new StaticProxy(bootstrap, { version, ...log, quit: () => send({ kind: "quit" }), shared: true });
      await proxy.serve(bootstrap, chosen);
      return { kind: "serves", id, bound: proxy.bound };
    }
    case "page": {
      const initializing = { status: 503, body: "INITIALIZING\n" };
      return { kind: "page", id, reply: proxy?.page(message.request) ?? initializing };
    }
    case "drain":
      await proxy?.drain();
      return { kind: "drained", id };
  }
}

process.on("message", (message: ToWorker) => {
  void answer(message)
    .catch((error: unknown): FromWorker => {
      const fault = bindFault(error);
      const remedy = fault instanceof Fault ? fault.remedy : undefined;
      const text = fault instanceof Fault ? fault.message : explain(fault);
      return { kind: "failed", id: message.id, code: codeOf(fault) ?? "worker-failed", message: text, remedy };
    })
    .then(send);
});
process.on("disconnect", () => process.exit(0));
keepCompiled();
send({ kind: "ready" });
