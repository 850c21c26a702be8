/**
 * Values remembered from one snapshot to the next: asked again with the same dependencies (by identity),
 * an entry is the very same object. What a snapshot did not ask for is forgotten with it.
 */
export class Reuse {
  readonly #previous: ReadonlyMap<string, Entry>;
  readonly #entries = new Map<string, Entry>();

  constructor(previous?: Reuse) {
    this.#previous = previous === undefined ? new Map<string, Entry>() : previous.#entries;
  }

  get<T>(key: string, dependencies: readonly unknown[], make: (before: T | undefined) => T): T {
    const known = this.#entries.get(key) ?? this.#previous.get(key);
    // The key names the type: every caller uses its own prefix.
    const before = known?.value as T | undefined;
    const entry =
      known !== undefined && sameItems(known.dependencies, dependencies)
        ? known
        : { dependencies, value: make(before) };
    this.#entries.set(key, entry);
    return entry.value as T;
  }
}

interface Entry {
  readonly dependencies: readonly unknown[];
  readonly value: unknown;
}

function sameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
