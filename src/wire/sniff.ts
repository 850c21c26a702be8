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
