import { open, readFile, type FileHandle } from "node:fs/promises";
import { type Clock, codeOf, sleep } from "../../base/index.ts";
import { type EndWord, endMark, restartsIn, type Segment, segmentsOf } from "./layout.ts";
import type { Start } from "./tail.ts";

const block = 64 * 1024;
/** Milliseconds between looks at a file that may grow. */
const pause = 100;

export interface FollowOptions {
  readonly folder: string;
  readonly restart: number;
  readonly clock: Clock;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** The bytes of one start of a container from a place on, across rotations; when following, until it has ended. */
export async function* bytesFrom(
  segments: readonly Segment[],
  start: Start,
  options: FollowOptions,
): AsyncGenerator<Buffer> {
  let segment = segments[start.segment];
  let offset = start.offset;
  while (segment && !options.signal.aborted) {
    const file = await openIfThere(segment.path);
    if (file) {
      // Whatever has this name now is read, so its own inode decides what comes next.
      const { ino } = await file.stat();
      yield* bytesOf(file, ino, offset, options);
      segment = await segmentAfter(ino, options);
    } else segment = await segmentAgain(segment.inode, options);
    offset = 0;
  }
}

async function* bytesOf(
  file: FileHandle,
  inode: number,
  begin: number,
  options: FollowOptions,
): AsyncGenerator<Buffer> {
  let offset = begin;
  let final = false;
  try {
    while (!options.signal.aborted) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(block), 0, block, offset);
      offset += bytesRead;
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      else if (final || !options.follow) return;
      // One more look after the end is known: what was written just before must not be missed.
      else if (await mayGrow(inode, options)) await sleep(options.clock, pause, options.signal);
      else final = true;
    }
  } finally {
    await file.close();
  }
}

async function mayGrow(inode: number, { folder, restart }: FollowOptions): Promise<boolean> {
  if ((await endWord(folder, restart)) !== undefined) return false;
  const restarts = await restartsIn(folder);
  // A newer start means that the agent died before it could say that this one had ended.
  if (restarts.at(-1) !== restart) return false;
  return (await segmentsOf(folder, restart)).at(-1)?.inode === inode;
}

/** The segment after this one; the oldest left if this one is gone; none after the last. */
async function segmentAfter(inode: number, { folder, restart }: FollowOptions): Promise<Segment | undefined> {
  const segments = await segmentsOf(folder, restart);
  return segments[segments.findIndex((segment) => segment.inode === inode) + 1];
}

/** The same segment under the name it has now; the oldest left if it is gone. */
async function segmentAgain(inode: number, { folder, restart }: FollowOptions): Promise<Segment | undefined> {
  const segments = await segmentsOf(folder, restart);
  return segments.find((segment) => segment.inode === inode) ?? segments[0];
}

/** Whether this start has ended, and then whether another was to come. */
export async function endWord(folder: string, restart: number): Promise<EndWord | undefined> {
  try {
    return (await readFile(endMark(folder, restart), "utf8")) === "again" ? "again" : "last";
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
