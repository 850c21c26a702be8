// On the path of every request.
import { isIPv6 } from "node:net";

/** Labels of names as nearly every request has them, and a port up to 65535. */
const ordinary =
  /^[\w-]+(?:\.[\w-]+)*\.?(?::(?:0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?$/;
/** A name or an address in brackets, and a port that may be empty (RFC 3986 §3.2.2). A comma would be read as a list. */
const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([\w.~!$&'()*+;=%-]+))(:\d{0,5})?$/;
/** The longest name of DNS, in letters. */
const longest = 255;

/**
 * The one form of an authority, host and port without userinfo, that routes see and that upstream gets: escapes of
 * unreserved characters undone, others in upper case, an empty port left out. Undefined: it is none. Stricter than
 * RFC 3986, which lets a name be empty, have empty labels, or hide an ASCII delimiter behind an escape.
 */
export function readAuthority(text: string): string | undefined {
  if (ordinary.test(text) && text.length <= longest) return text;
  const [, address, name = "", port = ""] = parts.exec(text) ?? [];
  const host = address === undefined ? normalName(name) : isIPv6(address) ? `[${address}]` : undefined;
  if (host === undefined) return undefined;
  if (port.length <= 1) return host;
  const number = port.slice(1);
  // Zeros before a port could be compared as text and read as a number.
  if (Number(number) > 65_535 || (number.length > 1 && number.startsWith("0"))) return undefined;
  return host + port;
}

/** An authority that names its port, as CONNECT must (RFC 9112 §3.2.3). */
export function namesPort(authority: string): boolean {
  return /:[1-9]\d*$/.test(authority);
}

function normalName(name: string): string | undefined {
  let broken = name === "" || name.length > longest;
  const text = name.replace(/%([0-9A-Fa-f]{2})?/g, (_, hex: string | undefined) => {
    const code = hex === undefined ? 0 : Number.parseInt(hex, 16);
    const character = String.fromCharCode(code);
    if (/[A-Za-z0-9._~-]/.test(character)) return character;
    // What stands for a letter beyond ASCII is part of a name; an escaped delimiter, control or space is a disguise.
    if (code < 128) broken = true;
    return `%${(hex ?? "").toUpperCase()}`;
  });
  return broken || /^\.|\.\./.test(text) ? undefined : text;
}
