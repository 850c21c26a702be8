import type { FractionalPercent, RuntimeFractionalPercent } from "../../xds/index.ts";

const denominators = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

/** A share in [0,1]. */
export function share(percent: FractionalPercent): number {
  return Math.min(1, (percent.numerator ?? 0) / denominators[percent.denominator ?? "HUNDRED"]);
}

/** The share of a runtime fraction; everything when there is none. */
export function runtimeShare(fraction: RuntimeFractionalPercent | undefined): number {
  return fraction ? share(fraction.default_value) : 1;
}

/** Chooses by weight with one uniform number; entries without weight are never chosen, unless nothing else is. */
export function weightedChoice<T>(
  entries: readonly { readonly weight: number; readonly value: T }[],
): (random: number) => T {
  const chosen = entries.filter(({ weight }) => weight > 0);
  const usable = chosen.length > 0 ? chosen : entries.slice(0, 1);
  const only = usable[0];
  if (!only) throw new RangeError("there is nothing to choose from");
  if (usable.length === 1) return () => only.value;
  const total = usable.reduce((sum, { weight }) => sum + weight, 0);
  return (random) => {
    let left = random * total;
    for (const entry of usable) {
      left -= entry.weight;
      if (left < 0) return entry.value;
    }
    return only.value;
  };
}
