// On the path of every request.
import type { HeadLimits } from "./limits.ts";
import { refusal, type Refusal } from "./refusal.ts";

/** 1 where a byte may stand in a token (RFC 9110 §5.6.2). */
const tokens = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  tokens[character.charCodeAt(0)] = 1;
}

/** Lines that each end in CRLF, without any other control but HTAB. An eighth of the time of a search for what is forbidden. */
const wellFormed = /^(?:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

export function isToken(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (tokens[text.charCodeAt(at)] !== 1) return false;
  return text.length > 0;
}

/** True where a head (each line with its CRLF) holds a bare CR, a bare LF or a control character. */
export function hasForbidden(head: string): boolean {
  return !wellFormed.test(head);
}

/** What fields say about the message itself. They are taken out of `fields`, for each hop says these anew. */
export class Framing {
  /** End-to-end fields as received: name, value, name, value … */
  readonly fields: string[] = [];
  host: string | undefined = undefined;
  /** Bytes of the body; -1 when not said. */
  contentLength = -1;
  chunked = false;
  /** Of `Connection`. */
  close = false;
  keepAlive = false;
  /** The protocol asked for, when `Connection: upgrade` came with it. */
  upgrade: string | undefined = undefined;
  expectContinue = false;
  /** `Expect` holds something that is not `100-continue`. */
  expectsUnknown = false;
  /** The sender reads trailers (`TE: trailers`). */
  takesTrailers = false;
}

/** Fields `Connection` may name that are end-to-end all the same: a client could strip them from its own request. */
const notNominable =
  /^(?:host|content-length|content-type|content-encoding|content-range|forwarded|authorization|proxy-authorization|cookie|set-cookie|x-forwarded-.*|x-request-id|end-user)$/;
const digits = /^[0-9]{1,15}$/;

/** Reads the field lines of `text` from `start` to its end (each line ends in CRLF). */
export function readFields(text: string, start: number, limits: HeadLimits, into: Framing): Refusal | undefined {
  const end = text.length;
  const { fields } = into;
  const most = limits.fields * 2;
  let connection = "";
  let transferEncoding: string | undefined;
  let upgrade: string | undefined;
  let at = start;
  while (at < end) {
    const line = text.indexOf("\r\n", at);
    let colon = at;
    while (tokens[text.charCodeAt(colon)] === 1) colon += 1;
    // A fold, a space before the colon, an empty name: all of them end here.
    if (colon === at || text.charCodeAt(colon) !== 58) return refusal(400, "malformed-field");
    let from = colon + 1;
    let to = line;
    while (from < to && isBlank(text.charCodeAt(from))) from += 1;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
    switch (hopByHop(text, at, colon)) {
      case "":
        fields.push(text.slice(at, colon), text.slice(from, to));
        if (fields.length > most) return refusal(431, "too-many-fields");
        break;
      case "host":
        if (into.host !== undefined) return refusal(400, "several-hosts");
        into.host = text.slice(from, to);
        break;
      case "content-length": {
        const value = text.slice(from, to);
        const length = oneLength(value);
        if (length === undefined || (into.contentLength !== -1 && into.contentLength !== length))
          return refusal(400, "bad-content-length");
        into.contentLength = length;
        break;
      }
      case "transfer-encoding":
        transferEncoding =
          transferEncoding === undefined ? text.slice(from, to) : `${transferEncoding}, ${text.slice(from, to)}`;
        break;
      case "connection":
        connection = connection === "" ? text.slice(from, to) : `${connection},${text.slice(from, to)}`;
        break;
      case "upgrade":
        upgrade = (upgrade === undefined ? "" : `${upgrade}, `) + text.slice(from, to).toLowerCase();
        break;
      case "expect":
        if (text.slice(from, to).toLowerCase() === "100-continue") into.expectContinue = true;
        else into.expectsUnknown = true;
        break;
      case "te":
        if (asksForTrailers(text.slice(from, to))) into.takesTrailers = true;
        break;
      // Where fields become variables, these become the lengths they resemble.
      case "content_length":
      case "transfer_encoding":
        return refusal(400, "length-in-disguise");
      default:
      // keep-alive, proxy-connection, http2-settings: dropped.
    }
    at = line + 2;
  }
  if (transferEncoding !== undefined) {
    if (transferEncoding.toLowerCase() !== "chunked") return refusal(501, "unknown-transfer-encoding");
    if (into.contentLength !== -1) return refusal(400, "two-lengths");
    into.chunked = true;
  }
  return connection === "" ? undefined : readConnection(connection, upgrade, limits, into);
}

/** Reads one field line, without its CRLF and without controls, into a flat list; false: it is none. */
export function readFieldLine(line: string, into: string[]): boolean {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon));
  if (!isToken(name)) return false;
  into.push(name, withoutBlanks(line.slice(colon + 1)));
  return true;
}

const isBlank = (code: number) => code === 32 || code === 9;

/** The lower-case name of a field that concerns this hop only; "" for any other. Compares lengths before letters. */
function hopByHop(text: string, start: number, end: number): string {
  switch (end - start) {
    case 2:
      return named(text, start, end, "te");
    case 4:
      return named(text, start, end, "host");
    case 6:
      return named(text, start, end, "expect");
    case 7:
      return named(text, start, end, "upgrade");
    case 10:
      return named(text, start, end, "connection") || named(text, start, end, "keep-alive");
    case 14:
      return (
        named(text, start, end, "content-length") ||
        named(text, start, end, "http2-settings") ||
        named(text, start, end, "content_length")
      );
    case 16:
      return named(text, start, end, "proxy-connection");
    case 17:
      return named(text, start, end, "transfer-encoding") || named(text, start, end, "transfer_encoding");
    default:
      return "";
  }
}

function named(text: string, start: number, end: number, name: string): string {
  if ((text.charCodeAt(start) | 32) !== name.charCodeAt(0)) return "";
  return text.slice(start, end).toLowerCase() === name ? name : "";
}

/** Only SP and HTAB are blanks here; `trim` would take a no-break space for one. */
function withoutBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** Of `TE` (RFC 9110 §10.1.4); codings it lists beside are for one hop, and ours takes none. */
function asksForTrailers(value: string): boolean {
  if (value === "trailers") return true;
  return value.split(",").some((option) => withoutBlanks(option).toLowerCase() === "trailers");
}

/** One length, or a list of equal ones. */
export function oneLength(value: string): number | undefined {
  if (digits.test(value)) return Number(value);
  const parts = value.split(",").map(withoutBlanks);
  const first = parts[0] ?? "";
  return parts.length > 1 && digits.test(first) && parts.every((part) => part === first) ? Number(first) : undefined;
}

function readConnection(
  connection: string,
  upgrade: string | undefined,
  limits: HeadLimits,
  into: Framing,
): Refusal | undefined {
  // Nearly always one of these two words.
  if (connection === "keep-alive" || connection === "Keep-Alive") {
    into.keepAlive = true;
    return undefined;
  }
  const options = connection.split(",");
  // Each may cost a walk over all fields.
  if (options.length > limits.fields) return refusal(431, "too-many-options");
  for (const option of options) {
    const name = withoutBlanks(option).toLowerCase();
    if (name === "close") into.close = true;
    else if (name === "keep-alive") into.keepAlive = true;
    else if (name === "upgrade") {
      // An offer that may be passed over (RFC 9110 §7.8), and many clients make it with their first request.
      if (upgrade !== "h2c") into.upgrade = upgrade;
    } else if (name !== "" && !notNominable.test(name)) removeField(into.fields, name);
  }
  return undefined;
}

/** Takes every field of this lower-case name out of a flat list. */
export function removeField(fields: string[], name: string): void {
  let kept = 0;
  for (let index = 0; index < fields.length; index += 2) {
    const field = fields[index] ?? "";
    if (field.length === name.length && field.toLowerCase() === name) continue;
    fields[kept] = field;
    fields[kept + 1] = fields[index + 1] ?? "";
    kept += 2;
  }
  fields.length = kept;
}

/** The first value of a field; `name` in lower case. */
export function fieldValue(fields: readonly string[], name: string): string | undefined {
  const { length } = name;
  const first = name.charCodeAt(0);
  for (let index = 0; index < fields.length; index += 2) {
    const field = fields[index];
    // The case of a letter is one bit.
    if (field?.length !== length || ((field.charCodeAt(0) ^ first) & 0xdf) !== 0) continue;
    if (field === name || field.toLowerCase() === name) return fields[index + 1];
  }
  return undefined;
}
