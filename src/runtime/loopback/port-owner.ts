import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect } from "node:net";

/** Whether something accepts connections there. */
export function isTaken(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.setTimeout(500, () => end(false));
  });
}

/** Process and process group of whoever listens on the port; undefined where the system does not tell (only Linux does). */
export function listenerOf(port: number): { readonly pid: number; readonly group: number } | undefined {
  return holderOf(listenersOn(port));
}

/** Who listens on the port of every address, unless somebody listens on this very address; undefined when nobody does. */
export function wildcardListenerOf(address: string, port: number): ReturnType<typeof listenerOf> {
  const own = address
    .split(".")
    .toReversed()
    .map((octet) => Number(octet).toString(16).toUpperCase().padStart(2, "0"))
    .join("");
  const listeners = listenersOn(port);
  if (listeners.some((listener) => listener.address === own)) return undefined;
  return holderOf(listeners.filter((listener) => /^0+$/.test(listener.address)));
}

function holderOf(listeners: readonly Listener[]): ReturnType<typeof listenerOf> {
  const sockets = new Set(listeners.map(({ socket }) => socket));
  if (sockets.size === 0) return undefined;
  for (const pid of list("/proc").filter((name) => /^\d+$/.test(name))) {
    const holds = list(`/proc/${pid}/fd`).some((fd) => sockets.has(target(`/proc/${pid}/fd/${fd}`)));
    if (!holds) continue;
    // The name in brackets may hold anything; what follows it is state, parent and group (proc(5)).
    const stat = text(`/proc/${pid}/stat`);
    return { pid: Number(pid), group: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]) };
  }
  return undefined;
}

interface Listener {
  /** As the kernel writes it: hexadecimal, in the byte order of the machine. */
  readonly address: string;
  /** What a file descriptor of it links to. */
  readonly socket: string;
}

function listenersOn(port: number): Listener[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    text(table)
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === "0A" && local?.endsWith(suffix))
      .map((row) => ({ address: row[1]?.slice(0, -suffix.length) ?? "", socket: `socket:[${row[9] ?? ""}]` })),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
