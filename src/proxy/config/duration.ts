import type { Duration } from "../../xds/index.ts";

/** Milliseconds of a proto3 JSON duration (`"2.5s"`); `otherwise` when absent or malformed. */
export function milliseconds(duration: Duration | undefined, otherwise: number): number {
  if (duration === undefined) return otherwise;
  const seconds = /^(\d+(?:\.\d{1,9})?)s$/.exec(duration)?.[1];
  return seconds === undefined ? otherwise : Math.round(Number(seconds) * 1e6) / 1e3;
}
