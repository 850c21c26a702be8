import type { Condition } from "../model/index.ts";

type News = Condition & { readonly reason: string; readonly message: string };

export function conditionOf(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/**
 * The conditions with this one among them. The same status for the same reason is no news: then nothing changes, unless
 * `renew` asks for the new times.
 */
export function withCondition(conditions: readonly Condition[], news: News, now: string, renew = false): Condition[] {
  const current = conditionOf(conditions, news.type);
  if (!renew && current?.status === news.status && current.reason === news.reason) return [...conditions];
  const lastTransitionTime = current?.status === news.status ? (current.lastTransitionTime ?? now) : now;
  return [...without(conditions, news.type), { ...news, lastTransitionTime }];
}

export function without(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}
