// On the path of every request.

/** Something that gathers what is to be written during one turn of the event loop. */
export interface Flushed {
  flush(): void;
}

let waiting: Flushed[] = [];

/**
 * Flushes it once all that arrived in this turn was read: messages for one connection then leave in one write.
 * Whoever calls this sees to it that it is not called twice in a turn.
 */
export function flushSoon(target: Flushed): void {
  if (waiting.length === 0) setImmediate(flushAll);
  waiting.push(target);
}

function flushAll(): void {
  const all = waiting;
  waiting = [];
  for (const each of all) each.flush();
}
