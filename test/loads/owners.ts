/** Which process serves a connection, as the kernel tells. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Addresses of ours that clients of this process are connected to, on these ports. */
export function servedBy(pid: number, ports: readonly number[]): Set<string> {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  const found = new Set<string>();
  for (const line of readFileSync("/proc/net/tcp", "latin1").split("\n").slice(1)) {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const [address = "", port = ""] = local.split(":");
    // 01: established
    if (state === "01" && inodes.has(inode) && ports.includes(parseInt(port, 16))) found.add(dotted(address));
  }
  return found;
}

/** The kernel prints the four octets as one number of the machine's order. */
function dotted(hexadecimal: string): string {
  return (hexadecimal.match(/../g) ?? [])
    .toReversed()
    .map((octet) => parseInt(octet, 16))
    .join(".");
}
