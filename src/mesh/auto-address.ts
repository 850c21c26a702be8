/** Gives each name without an address one of 240.240.0.0/16, the same one every time as long as nothing else holds it. */
export class AutoAddresses {
  readonly #previous: ReadonlyMap<string, string>;
  readonly #byName = new Map<string, string>();
  readonly #taken: Set<string>;

  /** `names` are all that want one now: those that had one keep it before anyone new chooses. */
  constructor(names: readonly string[], previous?: AutoAddresses) {
    this.#previous = previous === undefined ? new Map<string, string>() : previous.#byName;
    const kept = names.flatMap((name) => this.#previous.get(name) ?? []);
    this.#taken = new Set(kept);
    for (const name of names.toSorted()) this.#byName.set(name, this.#previous.get(name) ?? this.#choose(name));
  }

  of(name: string): string {
    const address = this.#byName.get(name);
    if (address === undefined) throw new Error(`no address was asked for ${name}`);
    return address;
  }

  #choose(name: string): string {
    // 65 024 addresses: the last byte is never 0 or 255.
    const count = 256 * 254;
    for (let i = 0, slot = hash(name) % count; i < count; i++, slot = (slot + 1) % count) {
      const address = `240.240.${Math.floor(slot / 254)}.${(slot % 254) + 1}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new Error("240.240.0.0/16 is used up");
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
