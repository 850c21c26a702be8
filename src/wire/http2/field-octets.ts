// On the path of every request.
import { isToken } from "../fields.ts";

/** 1 where an octet may not stand in a field's name: no token, or a capital (RFC 9113 §8.2.1). */
const notOfNames = new Uint8Array(256);
/** 1 where an octet may not stand in a value: controls but HTAB, for HTTP/1.1 could not carry the others on. */
const notOfValues = new Uint8Array(256);

for (let code = 0; code < 256; code += 1) {
  const character = String.fromCharCode(code);
  if (!isToken(character) || character !== character.toLowerCase()) notOfNames[code] = 1;
  if ((code < 32 && code !== 9) || code === 127) notOfValues[code] = 1;
}

/** Whether all of these octets may stand in a name, behind the colon of a pseudo-field. */
export function areOfName(octets: Buffer, start: number, end: number): boolean {
  let found = 0;
  for (let at = octets[start] === 58 ? start + 1 : start; at < end; at += 1) found |= notOfNames[octets[at] ?? 0] ?? 1;
  return found === 0;
}

/** Whether all of these octets may stand in a value, which neither begins nor ends with a blank. */
export function areOfValue(octets: Buffer, start: number, end: number): boolean {
  let found = 0;
  for (let at = start; at < end; at += 1) found |= notOfValues[octets[at] ?? 0] ?? 1;
  return found === 0 && !(start < end && (isBlank(octets[start]) || isBlank(octets[end - 1])));
}

const isBlank = (octet: number | undefined) => octet === 32 || octet === 9;

/** The same of a whole field that came before. */
export function mayStand(name: string, value: string): boolean {
  const octets = Buffer.from(name + value, "latin1");
  return areOfName(octets, 0, name.length) && areOfValue(octets, name.length, octets.length);
}
