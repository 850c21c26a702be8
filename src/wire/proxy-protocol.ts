import { isIP } from "node:net";
import { addressBytes, printAddress } from "./address.ts";
import { crc32c } from "./crc32c.ts";

/** One end of a connection. */
export interface ProxiedEnd {
  readonly address: string;
  readonly port: number;
}

/** Who a connection is made for. */
export interface ProxiedEnds {
  readonly source: ProxiedEnd;
  readonly destination: ProxiedEnd;
}

/** A whole header: its version, its length in bytes, and the ends it names; without them those of the connection itself count. */
interface ProxyHeader {
  readonly version: 1 | 2;
  readonly length: number;
  readonly ends: ProxiedEnds | undefined;
}

/** Why the first bytes are no header that may be trusted. */
interface BadProxyHeader {
  readonly version: 1 | 2;
  readonly bad: string;
}

/** `absent`: these bytes do not begin a header. Undefined: more bytes are needed. */
export type ProxyRead = ProxyHeader | BadProxyHeader | "absent" | undefined;

/** Bytes of a line of version 1, its end included: what the longest addresses need. */
const mostLine = 107;
/** Bytes of a header of version 2: certificates fit into its extensions, and nobody makes us keep more. */
const mostBinary = 16_384;
/** What a header of version 2 begins with. */
export const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const fixed = signature.length + 4;

/**
 * Reads the header of the PROXY protocol, version 1 (text) or 2 (binary), from all bytes of a connection so far.
 * More bytes never change an answer once it is given.
 */
export function readProxyHeader(bytes: Buffer): ProxyRead {
  if (begins(bytes, signature)) return bytes.length < fixed ? undefined : readBinary(bytes);
  const word = "PROXY ";
  if (!word.startsWith(bytes.toString("latin1", 0, word.length))) return "absent";
  return bytes.length < word.length ? undefined : readLine(bytes);
}

/** Whether as much of `bytes` as there is agrees with `whole`. */
function begins(bytes: Buffer, whole: Buffer): boolean {
  const length = Math.min(bytes.length, whole.length);
  return bytes.compare(whole, 0, length, 0, length) === 0;
}

// Version 1: one line of text.

function readLine(bytes: Buffer): ProxyRead {
  const text = bytes.toString("latin1", 0, mostLine);
  const end = text.indexOf("\n") - 1;
  if (end >= 0 && text[end] !== "\r") return bad(1, "a line feed alone");
  if (end < 0) return text.length === mostLine ? bad(1, `no end of line within ${mostLine} bytes`) : undefined;
  const length = end + 2;
  const [, family, source = "", destination = "", ...ports] = text.slice(0, end).split(" ");
  // Whatever follows is to be ignored.
  if (family === "UNKNOWN") return { version: 1, length, ends: undefined };
  if (family !== "TCP4" && family !== "TCP6") return bad(1, "neither TCP4, TCP6 nor UNKNOWN");
  if (ports.length !== 2) return bad(1, "two addresses and two ports are needed");
  const isAddress = family === "TCP4" ? isIPv4 : isIPv6;
  if (!isAddress(source) || !isAddress(destination)) return bad(1, `an address is not of ${family}`);
  if (!isSomebody(source) || !isSomebody(destination)) return bad(1, "nobody has such an address");
  const [from, to] = ports.map(portOf);
  if (from === undefined || to === undefined) return bad(1, "a port is not one");
  return {
    version: 1,
    length,
    ends: { source: { address: source, port: from }, destination: { address: destination, port: to } },
  };
}

/** Whether it can be one machine's own address: not unspecified, nor of many. */
function isSomebody(address: string): boolean {
  const bytes = addressBytes(address);
  const [first = 0] = bytes;
  if (bytes.every((byte) => byte === first) && (first === 0 || first === 255)) return false;
  return bytes.length === 4 ? first < 224 || first > 239 : first !== 255;
}

const isIPv4 = (text: string) => isIP(text) === 4;
/** Scoped addresses (`fe80::1%eth0`) mean nothing to another machine. */
const isIPv6 = (text: string) => isIP(text) === 6 && !text.includes("%");

function portOf(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port > 65_535 ? undefined : port;
}

// Version 2: binary.

/** Bytes of both ends by address family; families of other kinds name nobody a TCP connection can come from. */
const endsSize = [0, 12, 36, 216] as const;

function readBinary(bytes: Buffer): ProxyRead {
  const command = bytes[12] ?? 0;
  if (command >> 4 !== 2) return bad(2, `version ${command >> 4}`);
  if ((command & 15) > 1) return bad(2, `command ${command & 15}`);
  const length = fixed + bytes.readUInt16BE(14);
  if (length > mostBinary) return bad(2, `more than ${mostBinary} bytes`);
  // The sender speaks for itself: what else it says is to be skipped, whatever it is.
  if ((command & 15) === 0) return bytes.length < length ? undefined : { version: 2, length, ends: undefined };
  const family = (bytes[13] ?? 0) >> 4;
  const transport = (bytes[13] ?? 0) & 15;
  const size = endsSize[family];
  if (size === undefined || transport > 2) return bad(2, `address family ${family}, transport ${transport}`);
  if (length < fixed + size) return bad(2, "too short for its addresses");
  if (bytes.length < length) return undefined;
  const trouble = extensionsTrouble(bytes.subarray(0, length), fixed + size);
  if (trouble !== undefined) return bad(2, trouble);
  // Of the families only TCP over IP tells of a connection like this one.
  const named = transport === 1 && (family === 1 || family === 2);
  if (!named) return { version: 2, length, ends: undefined };
  const ends = binaryEnds(bytes, family);
  const whole = isSomebody(ends.source.address) && isSomebody(ends.destination.address);
  return whole ? { version: 2, length, ends } : bad(2, "nobody has such an address");
}

function binaryEnds(bytes: Buffer, family: 1 | 2): ProxiedEnds {
  const width = family === 1 ? 4 : 16;
  const address = (at: number) => printAddress(bytes.subarray(at, at + width));
  const ports = fixed + 2 * width;
  return {
    source: { address: address(fixed), port: bytes.readUInt16BE(ports) },
    destination: { address: address(fixed + width), port: bytes.readUInt16BE(ports + 2) },
  };
}

const checksumType = 0x03;
const sslType = 0x20;
/** Fixed bytes of the TLS extension: a set of bits and the result of the verification. */
const sslFixed = 5;

/** What is wrong with the extensions between the addresses and the end of a header; undefined: nothing. */
function extensionsTrouble(header: Buffer, start: number): string | undefined {
  let checksum = -1;
  for (let at = start; at < header.length;) {
    const size = sizeAt(header, at, header.length);
    if (size === undefined) return "an extension runs over the end";
    const type = header[at];
    if (type === checksumType) {
      if (size !== 4 || checksum !== -1) return "a checksum that cannot be one";
      checksum = at + 3;
    }
    if (type === sslType && !isWholeSsl(header, at + 3, at + 3 + size)) return "a TLS extension in disorder";
    at += 3 + size;
  }
  if (checksum === -1) return undefined;
  const zeroed = Buffer.from(header).fill(0, checksum, checksum + 4);
  return crc32c(zeroed) === header.readUInt32BE(checksum) ? undefined : "the checksum does not fit";
}

function isWholeSsl(header: Buffer, start: number, end: number): boolean {
  let at = start + sslFixed;
  while (at < end) {
    const size = sizeAt(header, at, end);
    if (size === undefined) return false;
    at += 3 + size;
  }
  return at === end;
}

/** Bytes of an extension's value: a byte of type, two of length, the value; undefined when it does not fit before `end`. */
function sizeAt(header: Buffer, at: number, end: number): number | undefined {
  if (at + 3 > end) return undefined;
  const size = header.readUInt16BE(at + 1);
  return at + 3 + size > end ? undefined : size;
}

const bad = (version: 1 | 2, why: string): BadProxyHeader => ({ version, bad: why });
