import type { EventEmitter } from "node:events";
import type { Clock } from "../base/index.ts";

const stopping = ["SIGINT", "SIGTERM"] as const;

/** A signal within this many milliseconds of the one before is the same one, heard twice: a key press reaches npm, the launcher and this process, and the first two pass it on. */
const echo = 300;

/**
 * Calls `stop` for the first signal that asks the process to end, `hurry` for the next. SIGHUP is one of them, unless `reload`
 * is there for it. Gives what ends the listening.
 */
export function onStopSignals(
  clock: Clock,
  stop: () => void,
  hurry: () => void,
  source: EventEmitter = process,
  reload?: () => void,
): () => void {
  let since: number | undefined;
  const heard = () => {
    const now = clock.monotonic();
    if (since === undefined) {
      since = now;
      stop();
    } else if (now - since >= echo) hurry();
  };
  for (const signal of stopping) source.on(signal, heard);
  source.on("SIGHUP", reload ?? heard);
  return () => {
    for (const signal of stopping) source.off(signal, heard);
    source.off("SIGHUP", reload ?? heard);
  };
}
