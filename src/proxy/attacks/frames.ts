/** Frames of HTTP/2 as a peer that keeps no rule would write them, byte by byte (RFC 9113 §4.1, §6). */

export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  /** One that nobody defined. */
  unknown: 0xbe,
} as const;

export const endStream = 1;
export const ack = 1;
export const endHeaders = 4;
export const padded = 8;
export const prioritized = 32;
export const whole = endStream | endHeaders;

export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** `payload`: bytes, text of one-byte characters, or how many zeros. */
export function frame(type: number, flags: number, id: number, payload: Buffer | string | number = 0): Buffer {
  const bytes =
    typeof payload === "number"
      ? Buffer.alloc(payload)
      : typeof payload === "string"
        ? Buffer.from(payload, "latin1")
        : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, bytes]);
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string of HPACK without Huffman's code (RFC 7541 §5.2); its length in seven bits, and more behind them. */
function hpackString(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** A field block of literals that nobody remembers (RFC 7541 §6.2.2): name, value, name, value … of any bytes. */
export function block(fields: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    parts.push(Buffer.from([0]), hpackString(fields[index] ?? ""), hpackString(fields[index + 1] ?? ""));
  }
  return Buffer.concat(parts);
}

/** The pseudo-fields of a request. */
export const request = (method: string, path: string, ...more: readonly string[]): readonly string[] => [
  ":method",
  method,
  ":scheme",
  "http",
  ":authority",
  "a",
  ":path",
  path,
  ...more,
];

export const headers = (id: number, fields: readonly string[], flags: number = whole): Buffer =>
  frame(types.headers, flags, id, block(fields));
/** A request with nothing behind it. */
export const get = (id: number, path = "/"): Buffer => headers(id, request("GET", path));
/** One whose body is still to come. */
export const open = (id: number, path = "/"): Buffer => headers(id, request("POST", path), endHeaders);
export const continuation = (id: number, payload: Buffer | number, flags: number = endHeaders): Buffer =>
  frame(types.continuation, flags, id, payload);
export const data = (id: number, payload: Buffer | string | number, flags = 0): Buffer =>
  frame(types.data, flags, id, payload);
export const rst = (id: number, code = 8): Buffer => frame(types.rstStream, 0, id, word(code));
export const update = (id: number, bytes: number): Buffer => frame(types.windowUpdate, 0, id, word(bytes));
export const ping = (flags = 0): Buffer => frame(types.ping, flags, 0, "12345678");
export const goaway = (last: number, code = 0): Buffer =>
  frame(types.goaway, 0, 0, Buffer.concat([word(last), word(code)]));
export const priority = (id: number, on: number): Buffer =>
  frame(types.priority, 0, id, Buffer.concat([word(on), Buffer.from([15])]));
export const settings = (...entries: readonly (readonly [id: number, value: number])[]): Buffer => {
  const bytes = Buffer.alloc(entries.length * 6);
  for (const [index, [id, value]] of entries.entries()) {
    bytes.writeUInt16BE(id, index * 6);
    bytes.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(types.settings, 0, 0, bytes);
};
export const settingsAck: Buffer = frame(types.settings, ack, 0);
/** What a client says first. */
export const greeting: Buffer = Buffer.concat([preface, settings()]);
