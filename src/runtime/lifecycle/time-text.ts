import type { Clock } from "../../base/index.ts";

/** The time as objects carry it: whole seconds. */
export const timeText = (clock: Clock): string => `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;

/** Milliseconds as Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
