// On the path of every request.

/** What an entry costs besides its two strings (RFC 7541 §4.1); a header list's size counts alike (RFC 9113 §10.5.1). */
export const entryOverhead = 32;

/** What each side may use before it has heard otherwise (RFC 9113 §6.5.2). */
export const defaultTableSize = 4096;

/** The dynamic table (RFC 7541 §2.3.2): a ring, the newest entry first. Strings are latin1, one octet a character. */
export class DynamicTable {
  #limit: number;
  /** Both as long as the ring; a power of two. Small at first: most connections use a dozen entries. */
  #names: string[] = Array.from({ length: 16 }, () => "");
  #values: string[] = Array.from({ length: 16 }, () => "");
  /** Entries ever added, and ever dropped. */
  #added = 0;
  #dropped = 0;
  /** Octets by RFC 7541 §4.1. */
  size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  get count(): number {
    return this.#added - this.#dropped;
  }

  /** Entries ever added: the next one's number. An entry's place is this, less its number, less one. */
  get added(): number {
    return this.#added;
  }

  /** 0 is the newest. */
  name(place: number): string {
    return this.#names[(this.#added - 1 - place) & (this.#names.length - 1)] ?? "";
  }

  value(place: number): string {
    return this.#values[(this.#added - 1 - place) & (this.#values.length - 1)] ?? "";
  }

  resize(limit: number): void {
    this.#limit = limit;
    while (this.size > limit) this.dropOldest();
  }

  /** An entry larger than the whole table empties it (RFC 7541 §4.4). */
  add(name: string, value: string): void {
    const octets = name.length + value.length + entryOverhead;
    while (this.count > 0 && this.size + octets > this.#limit) this.dropOldest();
    if (octets > this.#limit) return;
    if (this.count === this.#names.length) this.#grow();
    const at = this.#added & (this.#names.length - 1);
    this.#names[at] = name;
    this.#values[at] = value;
    this.#added += 1;
    this.size += octets;
  }

  dropOldest(): void {
    const at = this.#dropped & (this.#names.length - 1);
    this.size -= (this.#names[at] ?? "").length + (this.#values[at] ?? "").length + entryOverhead;
    // The strings may be long.
    this.#names[at] = "";
    this.#values[at] = "";
    this.#dropped += 1;
  }

  #grow(): void {
    const before = this.#names.length - 1;
    const mask = this.#names.length * 2 - 1;
    const names = Array.from({ length: mask + 1 }, () => "");
    const values = Array.from({ length: mask + 1 }, () => "");
    for (let number = this.#dropped; number < this.#added; number += 1) {
      names[number & mask] = this.#names[number & before] ?? "";
      values[number & mask] = this.#values[number & before] ?? "";
    }
    this.#names = names;
    this.#values = values;
  }
}
