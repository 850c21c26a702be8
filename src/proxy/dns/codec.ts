/** Codes and record types of DNS that mesh DNS speaks (RFC 1035, RFC 3596). */
export const recordTypes = { A: 1, PTR: 12, AAAA: 28, OPT: 41 } as const;
export const responseCodes = {
  ok: 0,
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
} as const;

export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question as it came, to be sent back byte for byte. */
  readonly question: Buffer;
  /** Largest UDP answer the asker takes. */
  readonly udpSize: number;
  readonly extended: boolean;
}

export interface DnsRecord {
  readonly type: number;
  readonly ttl: number;
  readonly data: Buffer;
}

export interface Answer {
  readonly code: number;
  readonly records: readonly DnsRecord[];
}

const headerSize = 12;
const longestName = 255;
/** What passes every link without fragments; nobody gets larger UDP answers. */
const largestUdp = 1232;

/** A question, or undefined for anything that is none: such packets deserve no answer. */
export function parseQuery(packet: Buffer): Query | undefined {
  if (packet.length < headerSize + 5) return undefined;
  const flags = packet.readUInt16BE(2);
  const counts = [4, 6, 8].map((at) => packet.readUInt16BE(at));
  if ((flags & 0x8000) !== 0 || counts[0] !== 1 || counts[1] !== 0 || counts[2] !== 0) return undefined;
  const named = readName(packet, headerSize);
  if (!named || named.end + 4 > packet.length) return undefined;
  const end = named.end + 4;
  const size = readExtension(packet, end, packet.readUInt16BE(10));
  return {
    id: packet.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & 0x0100) !== 0,
    name: named.name,
    type: packet.readUInt16BE(named.end),
    class: packet.readUInt16BE(named.end + 2),
    question: Buffer.from(packet.subarray(headerSize, end)),
    udpSize: Math.min(largestUdp, Math.max(512, size ?? 512)),
    extended: size !== undefined,
  };
}

/** A name at `start`, without compression: a question has nothing before it to point at. */
function readName(packet: Buffer, start: number): { readonly name: string; readonly end: number } | undefined {
  const labels: string[] = [];
  let at = start;
  while (at < packet.length && at - start < longestName) {
    const length = packet[at] ?? 0;
    at += 1;
    if (length === 0) return { name: labels.join(".").toLowerCase(), end: at };
    if (length > 63 || at + length > packet.length) return undefined;
    labels.push(packet.toString("latin1", at, at + length));
    at += length;
  }
  return undefined;
}

/** The UDP size of an OPT record (RFC 6891), when it is the first additional record. */
function readExtension(packet: Buffer, at: number, additional: number): number | undefined {
  if (additional === 0 || at + 11 > packet.length || packet[at] !== 0) return undefined;
  return packet.readUInt16BE(at + 1) === recordTypes.OPT ? packet.readUInt16BE(at + 3) : undefined;
}

/** The packet of an answer; records beyond `limit` bytes are left out and the truncation bit is set. */
export function printAnswer(query: Query, answer: Answer, limit: number): Buffer {
  const extension = query.extended
    ? Buffer.from([0, 0, recordTypes.OPT, largestUdp >> 8, largestUdp & 255, 0, 0, 0, 0, 0, 0])
    : Buffer.alloc(0);
  const parts: Buffer[] = [];
  let size = headerSize + query.question.length + extension.length;
  let truncated = false;
  for (const record of answer.records) {
    if (size + headerSize + record.data.length > limit) {
      truncated = true;
      break;
    }
    const head = Buffer.alloc(12);
    head.writeUInt16BE(0xc000 | headerSize, 0);
    head.writeUInt16BE(record.type, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt32BE(record.ttl, 6);
    head.writeUInt16BE(record.data.length, 10);
    parts.push(head, record.data);
    size += 12 + record.data.length;
  }
  const header = Buffer.alloc(headerSize);
  header.writeUInt16BE(query.id, 0);
  const recursion = query.recursionDesired ? 0x0100 : 0;
  // Response, authoritative, recursion available.
  const flags = 0x8480 | (query.opcode << 11) | (truncated ? 0x0200 : 0) | recursion | answer.code;
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(parts.length / 2, 6);
  header.writeUInt16BE(query.extended ? 1 : 0, 10);
  return Buffer.concat([header, query.question, ...parts, extension]);
}

/** A host name in wire form. */
export function printName(name: string): Buffer {
  const labels = name
    .split(".")
    .filter(Boolean)
    .map((label) => Buffer.from(label, "latin1").subarray(0, 63));
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

/** The bytes of an IPv4 or IPv6 address. */
export function printAddress(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  let text = address.replace(/%.*$/, "");
  const mapped = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (mapped) {
    const [a = 0, b = 0, c = 0, d = 0] = mapped.slice(2).map(Number);
    text = `${mapped[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [before = "", after] = text.split("::");
  const words = (part: string | undefined) => (part ? part.split(":").map((word) => Number.parseInt(word, 16)) : []);
  const head = words(before);
  const tail = words(after);
  const all = [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => 0), ...tail];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 255]));
}
