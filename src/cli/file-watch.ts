import { watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Clock, Timer } from "../base/index.ts";

/** Milliseconds a file must have been left alone: editors write in several steps. */
const quiet = 100;

/**
 * Calls `changed` after a file was written, replaced, or swapped behind a link of its folder. Gives what ends the watching;
 * undefined where the folder cannot be watched.
 */
export function watchFile(file: string, clock: Clock, changed: () => void): (() => void) | undefined {
  const path = resolve(file);
  let timer: Timer | undefined;
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      // A ConfigMap's volume swaps the link `..data`, through which all its files are seen.
      if (name !== null && name !== basename(path) && name !== "..data") return;
      timer?.cancel();
      timer = clock.after(quiet, changed);
    });
    watcher.on("error", () => watcher.close());
    return () => {
      timer?.cancel();
      watcher.close();
    };
  } catch {
    return undefined;
  }
}
