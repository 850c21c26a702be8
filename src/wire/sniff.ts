/** What the first bytes of a connection show. */
export type Sniffed = "http/1.1" | "http/1.0" | "h2c" | "tls" | "unknown";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const mostMethod = 24;

/** Undefined: more bytes are needed. A TLS handshake record, HTTP/2's preface, or a request line; anything else is unknown. */
export function sniff(bytes: Buffer): Sniffed | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes[0] === 0x16) {
    if (bytes.length < 3) return undefined;
    return bytes[1] === 3 ? "tls" : "unknown";
  }
  const text = bytes.latin1Slice(0, Math.min(bytes.length, 8192));
  if (text.startsWith(preface.slice(0, Math.min(text.length, preface.length)))) {
    return text.length >= preface.length ? "h2c" : undefined;
  }
  const space = text.indexOf(" ");
  if (space === -1) return /^[A-Z-]*$/.test(text) && text.length <= mostMethod ? undefined : "unknown";
  if (!/^[A-Z-]+$/.test(text.slice(0, space)) || space > mostMethod) return "unknown";
  const line = text.indexOf("\r\n");
  if (line === -1) return bytes.length >= 8192 || text.includes("\n") ? "unknown" : undefined;
  const version = /^\S+ HTTP\/1\.([01])$/.exec(text.slice(space + 1, line))?.[1];
  return version === undefined ? "unknown" : version === "1" ? "http/1.1" : "http/1.0";
}

/** The server name a TLS ClientHello asks for (RFC 8446 §4.1.2, RFC 6066 §3); undefined: none, or not a whole ClientHello. */
export function serverNameOf(bytes: Buffer): string | undefined {
  const reader = { at: 0 };
  const number = (size: number): number => {
    if (reader.at + size > bytes.length) throw truncated;
    const value = bytes.readUIntBE(reader.at, size);
    reader.at += size;
    return value;
  };
  const skip = (size: number) => void (reader.at += size);
  try {
    skip(5);
    if (number(1) !== 1) return undefined;
    skip(3 + 2 + 32);
    skip(number(1));
    skip(number(2));
    skip(number(1));
    const end = number(2) + reader.at;
    while (reader.at < end) {
      const type = number(2);
      const size = number(2);
      if (type !== 0) {
        skip(size);
        continue;
      }
      skip(2);
      if (number(1) !== 0) return undefined;
      const length = number(2);
      if (reader.at + length > bytes.length) return undefined;
      const name = bytes.latin1Slice(reader.at, reader.at + length).toLowerCase();
      return /^[a-z0-9.-]+$/.test(name) ? name : undefined;
    }
    return undefined;
  } catch (error) {
    if (error === truncated) return undefined;
    throw error;
  }
}

const truncated = new RangeError("truncated");

/** Whether the record that holds the ClientHello is complete. */
export function hasWholeHello(bytes: Buffer): boolean {
  return bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3);
}
