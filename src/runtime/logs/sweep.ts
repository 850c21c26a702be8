import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../base/index.ts";
import { type LogOwner, podLogFolder } from "./layout.ts";

/** Takes away the output of a pod that is gone. */
export const removeLogs = (logDir: string, owner: LogOwner): Promise<void> =>
  rm(podLogFolder(logDir, owner), { recursive: true, force: true });

/** Takes away the output of every pod but these: pods that went while no agent was there. */
export async function keepLogsOf(logDir: string, uids: ReadonlySet<string>): Promise<void> {
  let names: string[];
  try {
    names = await readdir(logDir);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  for (const name of names) {
    // Only what has the shape of a pod's folder is ours to remove.
    const uid = /^[^_]+_[^_]+_([^_]+)$/.exec(name)?.[1];
    if (uid !== undefined && !uids.has(uid)) await rm(join(logDir, name), { recursive: true, force: true });
  }
}
