/** Just enough of DER (X.690) to read certificates. Anything malformed throws. */
export interface Element {
  readonly tag: number;
  /** Where the element begins, and where its content begins and ends. */
  readonly start: number;
  readonly from: number;
  readonly to: number;
}

export const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  sequence: 0x30,
} as const;

/** The element at an offset; it must end at `limit` or before. */
export function elementAt(bytes: Buffer, start: number, limit: number): Element {
  if (start + 2 > limit) throw new RangeError("an element of a certificate is cut off");
  const tag = bytes.readUInt8(start);
  let length = bytes.readUInt8(start + 1);
  let from = start + 2;
  if (length > 0x7f) {
    const size = length & 0x7f;
    if (size < 1 || size > 4 || from + size > limit) throw new RangeError("a length in a certificate is malformed");
    length = bytes.readUIntBE(from, size);
    from += size;
  }
  if (length > limit - from) throw new RangeError("an element of a certificate is cut off");
  return { tag, start, from, to: from + length };
}

/** The elements inside of one. */
export function childrenOf(bytes: Buffer, { from, to }: Pick<Element, "from" | "to">): Element[] {
  const children: Element[] = [];
  for (let at = from; at < to;) {
    const child = elementAt(bytes, at, to);
    children.push(child);
    at = child.to;
  }
  return children;
}

/** An object identifier, in dots. */
export function oidOf(bytes: Buffer, { from, to }: Element): string {
  const arcs: number[] = [];
  let arc = 0;
  for (let at = from; at < to; at += 1) {
    const byte = bytes.readUInt8(at);
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    if (arcs.length > 0) arcs.push(arc);
    else arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)));
    arc = 0;
  }
  return arcs.join(".");
}

/** Milliseconds since the epoch, of UTCTime or GeneralizedTime (RFC 5280 §4.1.2.5). */
export function timeOf(bytes: Buffer, { tag, from, to }: Element): number {
  const text = bytes.latin1Slice(from, to);
  const digits = tag === tags.utcTime ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
