/** What processes cost, by the kernel's accounting. */
import { readdirSync, readFileSync } from "node:fs";

/** Ticks of a second in /proc/<pid>/stat; the same on every Linux that Node runs on. */
const ticks = 100;

/** The fields of /proc/<pid>/stat behind the name; undefined: the process is gone. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** These processes and all that came of them. */
export function familyOf(pids: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const family = [...pids];
  for (const pid of family) family.push(...(children.get(pid) ?? []));
  return family;
}

/** CPU seconds, user and system, that processes have used in all their threads. */
export function cpuSeconds(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const fields = statOf(pid);
    sum += (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) / ticks;
  }
  return sum;
}

/** Resident memory of processes, kilobytes. */
export function residentKilobytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  }, 0);
}
