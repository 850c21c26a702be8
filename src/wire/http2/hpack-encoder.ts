// On the path of every request.
import { defaultTableSize, DynamicTable, entryOverhead } from "./dynamic-table.ts";
import { encodeHuffman, huffmanLength } from "./huffman.ts";
import { nameFacts, type Keeping, type NameFacts } from "./name-facts.ts";
import { firstDynamic } from "./static-table.ts";

/** Names remembered at most, and how long they may be: what varies without end is not worth it. */
const mostNames = 256;
const longestName = 64;
/** Values in a row never asked for again, after which a name's values are not added any more. */
const mostWasted = 8;
/** A cookie this short could be guessed by one who sees sizes and may add fields of their own. */
const shortSecret = 20;
/** What a literal may take besides its strings: its pattern with an index, and two lengths. */
const besideStrings = 12;
/** Two changes of the table's size. */
const besideFields = 8;
/** Below, a loop is faster than a call into the runtime. */
const shortString = 10;

/** A name on this connection. */
class UsedName {
  readonly facts: NameFacts;
  /** The value added last, while it is in the table: mostly the one that comes again. */
  newest: string | undefined = undefined;
  /** Entries have numbers, counting up from the connection's first. */
  newestNumber = -1;
  /** Numbers of the other entries of this name in the table, by value. */
  #older: Map<string, number> | undefined = undefined;
  /** Entries added, less those found again. */
  wasted = 0;

  constructor(facts: NameFacts) {
    this.facts = facts;
  }

  number(value: string): number | undefined {
    return value === this.newest ? this.newestNumber : this.#older?.get(value);
  }

  added(value: string, number: number): void {
    if (this.newest !== undefined) (this.#older ??= new Map()).set(this.newest, this.newestNumber);
    this.newest = value;
    this.newestNumber = number;
    this.wasted += 1;
  }

  forget(value: string, number: number): void {
    if (this.newestNumber === number) this.newest = undefined;
    else if (this.#older?.get(value) === number) this.#older.delete(value);
  }
}

/** Names and values → field blocks of one connection's one direction (RFC 7541). Blocks must be sent in the order they were made. */
export class HpackEncoder {
  readonly #table = new DynamicTable(defaultTableSize);
  readonly #names = new Map<string, UsedName>();
  /** What the next block says of the table's size; -1: nothing. The smallest since the last block, and the last. */
  #smallest = -1;
  #at = 0;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE; the next block announces it. No more than 4096 octets are ever used. */
  setTableSize(octets: number): void {
    const size = Math.min(octets, defaultTableSize);
    if (size === this.#table.limit) return;
    this.#smallest = this.#smallest === -1 ? size : Math.min(this.#smallest, size);
    this.#makeRoom(size, 0);
    this.#table.resize(size);
  }

  /** Octets `encode` writes at most for this list. */
  sizeBound(fields: readonly string[]): number {
    let octets = besideFields + fields.length * (besideStrings / 2);
    for (let index = 0; index < fields.length; index += 1) octets += fields[index]?.length ?? 0;
    return octets;
  }

  /** Writes the block of a flat list at `at`, where there must be room for `sizeBound`; returns the position behind it. Names become lower case. */
  encode(fields: readonly string[], into: Buffer, at: number): number {
    this.#at = at;
    if (this.#smallest !== -1) this.#announce(into);
    for (let index = 0; index < fields.length; index += 2) {
      this.#field(fields[index] ?? "", fields[index + 1] ?? "", into);
    }
    return this.#at;
  }

  /** RFC 7541 §4.2: the smallest size is announced too, for the peer must evict alike. */
  #announce(into: Buffer): void {
    const { limit } = this.#table;
    if (this.#smallest < limit) this.#integer(this.#smallest, 32, 31, into);
    this.#integer(limit, 32, 31, into);
    this.#smallest = -1;
  }

  #field(given: string, value: string, into: Buffer): void {
    const used = this.#names.get(given) ?? this.#learn(given);
    const { facts } = used;
    const known = facts.values?.get(value);
    if (known !== undefined) {
      into[this.#at++] = 128 | known;
      return;
    }
    const number = used.number(value);
    if (number !== undefined) {
      if (used.wasted > 0) used.wasted -= 1;
      this.#integer(firstDynamic + this.#table.added - 1 - number, 128, 127, into);
      return;
    }
    const index = facts.index > 0 ? facts.index : this.#nameIndex(used);
    if (isSecret(facts.keeping, value)) this.#literal(index, 16, facts.name, value, into);
    else if (this.#isAdded(used, index, value)) this.#addedLiteral(index, used, value, into);
    else this.#literal(index, 0, facts.name, value, into);
  }

  #learn(given: string): UsedName {
    const name = given.toLowerCase();
    if (name.length > longestName) return new UsedName(nameFacts(name, "unfit"));
    const used = this.#names.get(name) ?? new UsedName(nameFacts(ownCopy(name), "added"));
    if (this.#names.size >= mostNames) this.#names.clear();
    this.#names.set(used.facts.name, used);
    if (name !== given) this.#names.set(ownCopy(given), used);
    return used;
  }

  /** Of any entry of this name; 0: there is none. The newest is the last to go. */
  #nameIndex(used: UsedName): number {
    return used.newest === undefined ? 0 : firstDynamic + this.#table.added - 1 - used.newestNumber;
  }

  #isAdded(used: UsedName, index: number, value: string): boolean {
    const { name, keeping } = used.facts;
    // An entry of more than a quarter of the table would drive out too much.
    if ((name.length + value.length + entryOverhead) * 4 > this.#table.limit) return false;
    // A value that varies is added once for its name's sake.
    if (index === 0) return keeping !== "unfit";
    if (keeping === "varies" || used.wasted >= mostWasted) return false;
    return keeping !== "query" || !value.includes("?");
  }

  #addedLiteral(index: number, used: UsedName, value: string, into: Buffer): void {
    const { name } = used.facts;
    this.#integer(index, 64, 63, into);
    // Written once for many uses, and first heads are the large ones: here the shorter form pays.
    if (index === 0) this.#shorter(name, into);
    this.#shorter(value, into);
    const own = ownCopy(value);
    this.#makeRoom(this.#table.limit, name.length + own.length + entryOverhead);
    used.added(own, this.#table.added);
    this.#table.add(name, own);
  }

  #makeRoom(limit: number, octets: number): void {
    const table = this.#table;
    while (table.count > 0 && table.size + octets > limit) {
      const place = table.count - 1;
      this.#names.get(table.name(place))?.forget(table.value(place), table.added - table.count);
      table.dropOldest();
    }
  }

  /** `pattern`: 16 never added by anyone, 0 not added here (RFC 7541 §6.2). */
  #literal(index: number, pattern: 0 | 16, name: string, value: string, into: Buffer): void {
    this.#integer(index, pattern, 15, into);
    if (index === 0) this.#plain(name, into);
    this.#plain(value, into);
  }

  /** RFC 7541 §5.1. */
  #integer(value: number, pattern: number, mask: number, into: Buffer): void {
    if (value < mask) {
      into[this.#at++] = pattern | value;
      return;
    }
    into[this.#at++] = pattern | mask;
    let rest = value - mask;
    for (; rest >= 128; rest >>>= 7) into[this.#at++] = 128 | (rest & 127);
    into[this.#at++] = rest;
  }

  #plain(text: string, into: Buffer): void {
    const { length } = text;
    this.#integer(length, 0, 127, into);
    const at = this.#at;
    if (length > shortString) into.latin1Write(text, at);
    else for (let index = 0; index < length; index += 1) into[at + index] = text.charCodeAt(index);
    this.#at = at + length;
  }

  #shorter(text: string, into: Buffer): void {
    const length = huffmanLength(text);
    if (length >= text.length) return this.#plain(text, into);
    this.#integer(length, 128, 127, into);
    this.#at = encodeHuffman(text, into, this.#at);
  }
}

const isSecret = (keeping: Keeping, value: string) =>
  keeping === "secret" || (keeping === "short-secret" && value.length < shortSecret);

/** A slice would keep the whole head it was cut from. */
function ownCopy(text: string): string {
  return Buffer.from(text, "latin1").latin1Slice();
}
