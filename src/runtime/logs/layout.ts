import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../base/index.ts";

/**
 * Where output stands. `<logDir>/<namespace>_<pod>_<uid>/<container>/` holds, for each start of the container,
 * `<restart>.log` (being written), `<restart>.log.<n>` (full; the higher n, the newer) and, once it has ended, `<restart>.ended`.
 * Writer and readers are different processes that share nothing but this folder.
 */
export interface LogOwner {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
}

/** A name of a file has 255 bytes at most, and a pod's may have 253: the uid tells pods apart, the rest is for people. */
const longestName = 128;

export const podLogFolder = (logDir: string, { namespace, pod, uid }: LogOwner): string =>
  join(logDir, `${namespace}_${pod.slice(0, longestName)}_${uid}`);

export const containerLogFolder = (logDir: string, owner: LogOwner, container: string): string =>
  join(podLogFolder(logDir, owner), container);

export const logFile = (folder: string, restart: number): string => join(folder, `${restart}.log`);
export const endMark = (folder: string, restart: number): string => join(folder, `${restart}.ended`);

/** The words in an end mark: whether the container starts again after this. */
export type EndWord = "again" | "last";

/** Numbers of the starts whose output is there, oldest first; none when the folder is missing. */
export async function restartsIn(folder: string): Promise<number[]> {
  const found = new Set<number>();
  for (const name of await namesIn(folder)) {
    const match = /^(\d+)\.log(?:\.\d+)?$/.exec(name);
    if (match) found.add(Number(match[1]));
  }
  return [...found].sort((a, b) => a - b);
}

export interface Segment {
  readonly path: string;
  readonly inode: number;
}

/** The files of one start, oldest first; the last is the one being written. */
export async function segmentsOf(folder: string, restart: number): Promise<Segment[]> {
  const numbered: { number: number; path: string }[] = [];
  for (const name of await namesIn(folder)) {
    const match = /^(\d+)\.log(?:\.(\d+))?$/.exec(name);
    if (!match || Number(match[1]) !== restart) continue;
    numbered.push({ number: match[2] === undefined ? Infinity : Number(match[2]), path: join(folder, name) });
  }
  numbered.sort((a, b) => (a.number < b.number ? -1 : 1));
  const segments: Segment[] = [];
  for (const { path } of numbered) {
    const inode = await inodeOf(path);
    // Renamed or removed since it was listed: the name that took its place is found at the next look.
    if (inode !== undefined && segments.at(-1)?.inode !== inode) segments.push({ path, inode });
  }
  return segments;
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
