// On the path of every request.
import { defaultTableSize, DynamicTable, entryOverhead } from "./dynamic-table.ts";
import { areOfName, areOfValue, mayStand } from "./field-octets.ts";
import { decodedBound, decodeHuffman } from "./huffman.ts";
import { firstDynamic, staticNames, staticValues } from "./static-table.ts";

export interface HpackLimits {
  /** Our SETTINGS_HEADER_TABLE_SIZE: octets a peer may ask for. Before it asks, it has 4096. */
  readonly tableSize: number;
  /** Octets of one list: names, values, and 32 for each field (RFC 9113 §6.5.2). */
  readonly listSize: number;
  readonly fields: number;
}

/** Continuation octets of an integer: 31 bits, and no endless zeros. */
const mostOctets = 5;
const mostInteger = 2 ** 31;
const wrong = -1;
/** Holds what Huffman's code stood for; larger strings are rare. */
const scratch = Buffer.allocUnsafeSlow(8192);

/** Field blocks of one connection's one direction → names and values (RFC 7541). Every block must pass here, in order. */
export class HpackDecoder {
  readonly #limits: HpackLimits;
  readonly #table = new DynamicTable(defaultTableSize);
  #at = 0;
  /** Of the string read last. */
  #start = 0;
  #end = 0;
  /** A string came that may stand in no field. It may be in the table, and so all fields are looked at from then on. */
  #suspicious = false;

  constructor(limits: HpackLimits) {
    this.#limits = limits;
  }

  /**
   * Appends name, value, name, value … (latin1) to `fields`. `compression-error`: the connection is lost, for the table
   * is. `too-large`: a limit was passed; the table is in step, and what stood behind is not in `fields`.
   * A field with octets that may stand in no field (RFC 9113 §8.2.1) comes without its name: each string is looked at
   * when it arrives, not each time the table gives it.
   */
  decode(block: Buffer, start: number, end: number, fields: string[]): undefined | "compression-error" | "too-large" {
    const table = this.#table;
    const most = fields.length + this.#limits.fields * 2;
    let room = this.#limits.listSize;
    this.#at = start;
    if (!this.#readTableSizes(block, end)) return "compression-error";
    while (this.#at < end) {
      const octet = block[this.#at] ?? 0;
      // Patterns of RFC 7541 §6: 1 indexed, 01 added, 001 size (only at the start), 0001 and 0000 not added.
      const indexed = octet >= 128;
      const added = !indexed && octet >= 64;
      if (octet >= 32 && octet < 64) return "compression-error";
      const index = this.#integer(block, end, indexed ? 127 : added ? 63 : 15);
      const place = index - firstDynamic;
      if (index < 0 || place >= table.count || (indexed && index === 0)) return "compression-error";
      let name: string | undefined;
      let value: string | undefined;
      if (place >= 0) name = table.name(place);
      else name = index > 0 ? staticNames[index] : this.#name(block, end);
      if (name === undefined) return "compression-error";
      if (indexed) value = place >= 0 ? table.value(place) : staticValues[index];
      else value = this.#value(block, end);
      if (value === undefined) return "compression-error";
      if (added) table.add(name, value);
      room -= name.length + value.length + entryOverhead;
      // Once negative it stays so.
      if (room < 0) continue;
      if (fields.length < most) fields.push(this.#suspicious && !mayStand(name, value) ? "" : name, value);
      else room = -1;
    }
    return room < 0 ? "too-large" : undefined;
  }

  /** Changes of the table's size stand before the first field; two, if one went down and up again (RFC 7541 §4.2). */
  #readTableSizes(block: Buffer, end: number): boolean {
    for (let changes = 0; this.#at < end && ((block[this.#at] ?? 0) & 0xe0) === 32; changes += 1) {
      const size = this.#integer(block, end, 31);
      if (size === wrong || size > this.#limits.tableSize || changes === 2) return false;
      this.#table.resize(size);
    }
    return true;
  }

  /** RFC 7541 §5.1. `mask`: the bits of the first octet that belong to it. */
  #integer(block: Buffer, end: number, mask: number): number {
    const prefix = (block[this.#at] ?? 0) & mask;
    this.#at += 1;
    return prefix < mask ? prefix : this.#longInteger(block, end, mask);
  }

  #longInteger(block: Buffer, end: number, prefix: number): number {
    let value = prefix;
    let weight = 1;
    for (let count = 0; count < mostOctets && this.#at < end; count += 1) {
      const octet = block[this.#at] ?? 0;
      this.#at += 1;
      value += (octet & 127) * weight;
      weight *= 128;
      if (octet < 128) return value < mostInteger ? value : wrong;
    }
    return wrong;
  }

  #name(block: Buffer, end: number): string | undefined {
    const octets = this.#string(block, end);
    if (!octets) return undefined;
    if (!areOfName(octets, this.#start, this.#end)) this.#suspicious = true;
    return octets.latin1Slice(this.#start, this.#end);
  }

  #value(block: Buffer, end: number): string | undefined {
    const octets = this.#string(block, end);
    if (!octets) return undefined;
    if (!areOfValue(octets, this.#start, this.#end)) this.#suspicious = true;
    return octets.latin1Slice(this.#start, this.#end);
  }

  /** RFC 7541 §5.2. The octets are from `#start` to `#end` of what it returns; undefined: they are broken. */
  #string(block: Buffer, end: number): Buffer | undefined {
    if (this.#at >= end) return undefined;
    const huffman = (block[this.#at] ?? 0) >= 128;
    const length = this.#integer(block, end, 127);
    const start = this.#at;
    if (length === wrong || length > end - start) return undefined;
    this.#at = start + length;
    if (!huffman) {
      this.#start = start;
      this.#end = this.#at;
      return block;
    }
    const bound = decodedBound(length);
    const into = bound <= scratch.length ? scratch : Buffer.allocUnsafeSlow(bound);
    this.#start = 0;
    this.#end = decodeHuffman(block, start, this.#at, into);
    return this.#end === -1 ? undefined : into;
  }
}
