import type { Clock, Timer } from "../../base/index.ts";

/** Longest delay of a timer of Node: 24.8 days. Beyond it, it would run at once. */
const longest = 2 ** 31 - 1;

/** Calls `run` once after any delay in milliseconds: graces and deadlines may be months. */
export function afterLong(clock: Clock, delay: number, run: () => void): Timer {
  if (delay <= longest) return clock.after(Math.max(0, delay), run);
  let timer = clock.after(longest, () => void (timer = afterLong(clock, delay - longest, run)));
  return { cancel: () => timer.cancel() };
}
