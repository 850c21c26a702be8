import { flags, frameTypes as types, headSize, writeFrameHead } from "./frame.ts";
import { HpackEncoder } from "./hpack-encoder.ts";

// Frames as a peer that keeps no rule would write them.

export const { endStream, endHeaders, ack, padded, priority: prioritized } = flags;
export const whole = endStream | endHeaders;

export function frame(type: number, flagBits: number, id: number, payload: Buffer | number | string = 0): Buffer {
  const bytes = typeof payload === "number" ? Buffer.alloc(payload) : Buffer.from(payload);
  const head = Buffer.alloc(headSize);
  writeFrameHead(head, 0, bytes.length, type, flagBits, id);
  return Buffer.concat([head, bytes]);
}

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A field block; it leans on nothing that came before. */
export function block(fields: readonly string[]): Buffer {
  const encoder = new HpackEncoder();
  const bytes = Buffer.alloc(encoder.sizeBound(fields));
  return bytes.subarray(0, encoder.encode(fields, bytes, 0));
}

export const data = (id: number, payload: Buffer | number | string, flagBits = 0): Buffer =>
  frame(types.data, flagBits, id, payload);
export const headers = (id: number, fields: readonly string[], flagBits: number = whole): Buffer =>
  frame(types.headers, flagBits, id, block(fields));
export const continuation = (id: number, payload: Buffer | number, flagBits: number = endHeaders): Buffer =>
  frame(types.continuation, flagBits, id, payload);
export const rst = (id: number, code = 8): Buffer => frame(types.rstStream, 0, id, word(code));
export const update = (id: number, bytes: number): Buffer => frame(types.windowUpdate, 0, id, word(bytes));
export const ping = (flagBits = 0): Buffer => frame(types.ping, flagBits, 0, "12345678");
export const goaway = (last: number, code = 0): Buffer =>
  frame(types.goaway, 0, 0, Buffer.concat([word(last), word(code), Buffer.from("why")]));
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

/** What of a session's output refuses something: "goaway CODE" and "rst STREAM CODE". */
export function refusals(output: Buffer): string {
  const found: string[] = [];
  for (let at = 0; at < output.length;) {
    const length = output.readUIntBE(at, 3);
    const type = output[at + 3];
    const payload = at + headSize;
    if (type === types.rstStream) found.push(`rst ${output.readUInt32BE(at + 5)} ${output.readUInt32BE(payload)}`);
    if (type === types.goaway) found.push(`goaway ${output.readUInt32BE(payload + 4)}`);
    at = payload + length;
  }
  return found.join(", ");
}
