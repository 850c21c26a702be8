import { copyFile, rm, stat, truncate } from "node:fs/promises";
import { type Clock, codeOf, explain, type Log, type Timer } from "../base/index.ts";

/** Bytes a log may have when it is looked at; what it had then is kept beside it once, as `PATH.1`. */
const most = 64 * 2 ** 20;
const interval = 60_000;

export interface LogRoomOptions {
  /** Whoever writes them appends, so they may be emptied at any moment. */
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly most?: number;
}

/** Keeps logs from filling the disk: looks at them now and every minute, until it is ended. */
export function keepLogsSmall({ paths, clock, log, most: limit = most }: LogRoomOptions): () => void {
  let timer: Timer | undefined;
  let isOver = false;
  const look = async () => {
    for (const path of paths) {
      await shorten(path, limit).catch((error: unknown) =>
        log.warning(`a log could not be kept small: ${explain(error)}`, { path }),
      );
    }
    if (!isOver) timer = clock.after(interval, () => void look());
  };
  void look();
  return () => {
    isOver = true;
    timer?.cancel();
  };
}

async function shorten(path: string, limit: number): Promise<void> {
  if ((await sizeOf(path)) <= limit) return;
  const before = `${path}.1`;
  try {
    await copyFile(path, before);
  } catch {
    // No room for it: the newest lines are worth more than these.
    await rm(before, { force: true });
  }
  await truncate(path);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return 0;
    throw error;
  }
}
