import { statfsSync } from "node:fs";
import { Fault } from "../base/index.ts";

/** Bytes below which the next write of the store may fail. */
const least = 64 * 1024;

/** A Fault when the disk a folder stands on has no room for what is to be stored; undefined too where that is not known. */
export function outOfRoom(folder: string): Fault | undefined {
  const free = freeBytes(folder);
  if (free === undefined || free >= least) return undefined;
  return new Fault("disk-full", `the disk is full: nothing more can be stored in ${folder}`, {
    remedy: "make room on it, or give a folder on another disk with --data-dir",
  });
}

function freeBytes(folder: string): number | undefined {
  try {
    const { bsize, bfree, bavail } = statfsSync(folder);
    return bsize * (process.getuid?.() === 0 ? bfree : bavail);
  } catch {
    return undefined;
  }
}
