import { codeOf, Fault } from "../../base/index.ts";

const reasons: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  EADDRINUSE: ["is taken by another program", "stop that program, or write another port_value; 0 is any free one"],
  EACCES: ["is not yours to use", "ports below 1024 want root or CAP_NET_BIND_SERVICE; write another port_value"],
  EADDRNOTAVAIL: ["is no address of this machine", "write one that it has, or 0.0.0.0 for all of them"],
  ENOTFOUND: ["is no address of this machine", "write an address, not a name"],
};

/** What to do about a port that cannot be bound; every other error as it is. */
export function bindFault(error: unknown): unknown {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  const known = reasons[codeOf(error) ?? ""];
  const host = "address" in error ? error.address : "hostname" in error ? error.hostname : undefined;
  if (!known || typeof host !== "string") return error;
  const place = "port" in error ? `${host.includes(":") ? `[${host}]` : host}:${String(error.port)}` : host;
  return new Fault("port-taken", `${place} ${known[0]}`, { cause: error, remedy: known[1] });
}
