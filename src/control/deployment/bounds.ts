import type { Deployment } from "../../model/index.ts";

export interface Bounds {
  /** Pods wished. */
  readonly replicas: number;
  /** Pods that may be there over the wish. */
  readonly maxSurge: number;
  /** Pods that may be missing to the wish. */
  readonly maxUnavailable: number;
}

/** What a Deployment allows while it changes. Percentages of surge are rounded up, of unavailability down; both 0 would never move. */
export function boundsOf({ spec }: Deployment): Bounds {
  const replicas = spec.replicas ?? 1;
  const { type = "RollingUpdate", rollingUpdate = {} } = spec.strategy ?? {};
  if (type !== "RollingUpdate") return { replicas, maxSurge: 0, maxUnavailable: 0 };
  const maxSurge = amount(rollingUpdate.maxSurge ?? "25%", replicas, Math.ceil);
  const maxUnavailable = amount(rollingUpdate.maxUnavailable ?? "25%", replicas, Math.floor);
  const least = maxSurge === 0 && maxUnavailable === 0 ? 1 : 0;
  return { replicas, maxSurge, maxUnavailable: Math.min(replicas, Math.max(least, maxUnavailable)) };
}

function amount(value: number | string, whole: number, round: (share: number) => number): number {
  if (typeof value === "number") return value;
  const number = Number.parseInt(value, 10) || 0;
  return value.endsWith("%") ? round((number * whole) / 100) : number;
}
