/**
 * A message that must not be forwarded: the status a client gets for it, and a stable word that says why.
 * Refusals are frozen and returned, never thrown: peers can make any number of them.
 */
export interface Refusal {
  readonly refused: true;
  readonly status: 400 | 408 | 413 | 414 | 417 | 426 | 431 | 501 | 505;
  readonly reason: string;
}

const made = new Map<string, Refusal>();

export function refusal(status: Refusal["status"], reason: string): Refusal {
  const key = `${status} ${reason}`;
  const known = made.get(key);
  if (known) return known;
  const fresh = Object.freeze({ refused: true, status, reason } as const);
  made.set(key, fresh);
  return fresh;
}
