/** Just enough of DER (X.690) to write certificates: each function gives one whole element. */

export function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, ...parts);
}

export function set(...parts: readonly Buffer[]): Buffer {
  return element(0x31, ...parts);
}

/** `[number]`, holding other elements. */
export function tagged(number: number, ...parts: readonly Buffer[]): Buffer {
  return element(0xa0 | number, ...parts);
}

/** `[number]` in place of a primitive type's own tag. */
export function primitive(number: number, content: Buffer): Buffer {
  return element(0x80 | number, content);
}

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  return element(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function boolean(value: boolean): Buffer {
  return element(0x01, Buffer.of(value ? 0xff : 0));
}

export function octets(content: Buffer): Buffer {
  return element(0x04, content);
}

/** `unused`: how many low bits of the last byte do not count. */
export function bits(content: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.of(unused), content);
}

export function utf8(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

/** An object identifier in dots. */
export function oid(dots: string): Buffer {
  const [first = 0, second = 0, ...rest] = dots.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128))
      groups.unshift((high & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(0x06, Buffer.from(bytes));
}

/** UTCTime until 2049, GeneralizedTime after, as RFC 5280 §4.1.2.5 wants it. */
export function time(milliseconds: number): Buffer {
  const date = new Date(milliseconds);
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), "latin1"))
    : element(0x18, Buffer.from(digits, "latin1"));
}

function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, content]);
}
