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
  const sockets = new Set([...socketsOn("/proc/net/tcp", port), ...socketsOn("/proc/net/tcp6", port)]);
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

function socketsOn(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = text(table)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const listening = rows.filter(([, local, , state]) => state === "0A" && local?.endsWith(suffix));
  return listening.map((row) => `socket:[${row[9] ?? ""}]`);
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
