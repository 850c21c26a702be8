import { readFileSync, rmSync } from "node:fs";
import { Fault } from "../base/index.ts";
import { type DataDir, readText, writePrivate } from "./data-dir.ts";

/** What a running mesh tells other commands: who it is and where it answers. */
export interface RunRecord {
  readonly pid: number;
  /** Start time of that process (clock ticks since boot), so that a reused pid is not taken for it. */
  readonly started: string;
  readonly api: string;
  readonly network: "netns" | "loopback";
  readonly since: string;
}

export function writeRecord(dir: DataDir, record: Omit<RunRecord, "pid" | "started" | "since">): void {
  const whole: RunRecord = {
    ...record,
    pid: process.pid,
    started: startOf(process.pid) ?? "",
    since: new Date().toISOString(),
  };
  writePrivate(dir.record, `${JSON.stringify(whole, null, 2)}\n`);
}

export function removeRecord(dir: DataDir): void {
  const mine = readRecord(dir);
  if (mine?.pid === process.pid) rmSync(dir.record, { force: true });
}

/** The record of the mesh that runs on this data directory now; undefined when none does. */
export function running(dir: DataDir): RunRecord | undefined {
  const record = readRecord(dir);
  return record && alive(record) ? record : undefined;
}

/** Whether the process of the record still lives, and is the same one. */
export function alive(record: Pick<RunRecord, "pid" | "started">): boolean {
  if (process.platform === "linux") return record.started !== "" && startOf(record.pid) === record.started;
  try {
    process.kill(record.pid, 0);
    return true;
  } catch {
    return false;
  }
}

function readRecord(dir: DataDir): RunRecord | undefined {
  const text = readText(dir.record);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "pid" in value && "started" in value) return value as RunRecord;
  } catch {
    // Falls through to the fault below.
  }
  throw new Fault("data-dir", `${dir.record} is not a record of a running mesh`, {
    remedy: "delete that file when no `weft up` runs on this data directory",
  });
}

/** Field 22 of /proc/PID/stat; zombies count as gone. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
