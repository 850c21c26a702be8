import { codeOf, Fault, lineLog } from "../../base/index.ts";
import { type BoundPort, StaticProxy } from "../../proxy/index.ts";
import type { RunStandalone } from "./options.ts";

/** Runs a bootstrap in this process. */
export const runStandalone: RunStandalone = async ({ bootstrap, version }) => {
  const quit = Promise.withResolvers<void>();
  const log = lineLog((line) => void process.stderr.write(`${line}\n`));
  const proxy = new StaticProxy(bootstrap, {
    version,
    log,
    logging: { level: () => "info", set: (level) => level === "info" },
    quit: () => quit.resolve(),
    shared: false,
  });
  try {
    await proxy.serve(bootstrap);
    const at = bootstrap.admin?.address?.socket_address;
    let admin: BoundPort | undefined;
    if (at) admin = await proxy.serveAdmin(at.address, at.port_value);
    return {
      ports: { listeners: proxy.bound, admin },
      quit: quit.promise,
      drain: () => proxy.drain(),
      close: () => proxy.close(),
    };
  } catch (error) {
    await proxy.close();
    throw bindFault(error) ?? error;
  }
};

const reasons: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  EADDRINUSE: ["is taken by another program", "stop that program, or write another port_value; 0 is any free one"],
  EACCES: ["is not yours to use", "ports below 1024 want root or CAP_NET_BIND_SERVICE; write another port_value"],
  EADDRNOTAVAIL: ["is not an address of this machine", "write one it has, or 0.0.0.0 for all"],
};

/** What to do about a port that cannot be bound. */
function bindFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error) || !("address" in error) || !("port" in error)) return undefined;
  const [reason, remedy] = reasons[codeOf(error) ?? ""] ?? [`cannot be listened on: ${error.message}`];
  return new Fault("port-taken", `${String(error.address)}:${String(error.port)} ${reason}`, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
