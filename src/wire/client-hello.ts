/** What a TLS client asks for in its first message (RFC 8446 §4.1.2). */
export interface ClientHello {
  /** In lower case (RFC 6066 §3); undefined: none, or nothing that could be a host's name. */
  readonly serverName: string | undefined;
  /** Protocols in the order of preference (RFC 7301 §3.1). */
  readonly alpn: readonly string[];
}

const handshakeRecord = 22;
const clientHelloMessage = 1;

/**
 * Reads the first message of a TLS connection, which may be cut into several records. Undefined: more bytes are needed, or it
 * is none; `hasWholeHello` tells them apart. A malformed one asks for nothing.
 */
export function readClientHello(bytes: Buffer): ClientHello | undefined {
  const message = firstMessage(bytes);
  if (message === "partial" || message === "foreign") return undefined;
  const asked: { serverName: string | undefined; alpn: string[] } = { serverName: undefined, alpn: [] };
  try {
    readExtensions(new Cursor(message), asked);
  } catch (error) {
    if (error !== truncated) throw error;
    return { serverName: undefined, alpn: [] };
  }
  return asked;
}

/** Whether there is nothing to wait for: the whole ClientHello is there, or it will never be one. */
export function hasWholeHello(bytes: Buffer): boolean {
  return firstMessage(bytes) !== "partial";
}

/** The body of the first handshake message, put together from its records. */
function firstMessage(bytes: Buffer): Buffer | "partial" | "foreign" {
  const pieces: Buffer[] = [];
  let length = 0;
  let end = Infinity;
  for (let at = 0; ;) {
    if (at + 5 > bytes.length) return "partial";
    const size = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== handshakeRecord || size === 0) return "foreign";
    const piece = bytes.subarray(at + 5, at + 5 + size);
    pieces.push(piece);
    length += piece.length;
    if (end === Infinity && length >= 4) {
      const head = Buffer.concat(pieces, 4);
      if (head[0] !== clientHelloMessage) return "foreign";
      end = 4 + head.readUIntBE(1, 3);
    }
    if (length >= end) return Buffer.concat(pieces, end).subarray(4);
    if (piece.length < size) return "partial";
    at += 5 + size;
  }
}

function readExtensions(cursor: Cursor, asked: { serverName: string | undefined; alpn: string[] }): void {
  // Version, random, session id, cipher suites, compression methods.
  cursor.skip(2 + 32);
  cursor.skip(cursor.number(1));
  cursor.skip(cursor.number(2));
  cursor.skip(cursor.number(1));
  const end = cursor.number(2) + cursor.at;
  while (cursor.at < end) {
    const type = cursor.number(2);
    const extension = cursor.piece(cursor.number(2));
    if (type === 0) asked.serverName = serverNameIn(new Cursor(extension));
    else if (type === 16) asked.alpn = protocolsIn(new Cursor(extension));
  }
}

function serverNameIn(cursor: Cursor): string | undefined {
  cursor.skip(2);
  if (cursor.number(1) !== 0) return undefined;
  const name = cursor.text(cursor.number(2)).toLowerCase();
  return /^[a-z0-9._-]+$/.test(name) ? name : undefined;
}

function protocolsIn(cursor: Cursor): string[] {
  const protocols: string[] = [];
  const end = cursor.number(2) + cursor.at;
  while (cursor.at < end) protocols.push(cursor.text(cursor.number(1)));
  return protocols;
}

const truncated = new RangeError("truncated");

class Cursor {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(size: number): number {
    this.skip(size);
    return this.#bytes.readUIntBE(this.at - size, size);
  }

  piece(size: number): Buffer {
    this.skip(size);
    return this.#bytes.subarray(this.at - size, this.at);
  }

  text(size: number): string {
    return this.piece(size).latin1Slice();
  }

  skip(size: number): void {
    this.at += size;
    if (this.at > this.#bytes.length) throw truncated;
  }
}
