// On the path of every request.

/** Types of frames (RFC 9113 §6). */
export const frameTypes = {
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
} as const;

export const flags = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Bytes of a frame's head (§4.1). */
export const headSize = 9;
/** Bytes of a payload that everybody takes (§4.2). We neither allow nor send more: long frames hold up other streams. */
export const frameSize = 16_384;
/** What both flow-control windows begin with (§6.9.2), and the most they may reach. */
export const initialWindow = 65_535;
export const mostWindow = 0x7fff_ffff;
export const mostStreamId = 0x7fff_ffff;

/** What a client sends before its first frame (§3.4). */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Writes a frame's head at `at`; returns where its payload begins. */
export function writeFrameHead(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flagBits: number,
  id: number,
): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flagBits;
  return writeWord(into, at + 5, id);
}

/** Writes 32 bits at `at`; returns the position behind them. */
export function writeWord(into: Buffer, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}

/** 31 bits; the reserved one before them is passed over. */
export function readWord31(from: Buffer, at: number): number {
  return from.readUInt32BE(at) & 0x7fff_ffff;
}
