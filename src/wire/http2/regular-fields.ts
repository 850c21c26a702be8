// On the path of every request.
import { oneLength, type Framing } from "../fields.ts";
import { refusal, type Refusal } from "../refusal.ts";

/** A bit for each length a name has that is not simply passed on; all others save a look at their letters. */
const lengths = lengthsOf(
  "te",
  "host",
  "expect",
  "cookie",
  "upgrade",
  "connection",
  "keep-alive",
  "content-length",
  "http2-settings",
  "proxy-connection",
  "transfer-encoding",
);

function lengthsOf(...names: readonly string[]): number {
  let bits = 0;
  for (const { length } of names) bits |= 1 << length;
  return bits;
}

/** Takes the regular fields of a decoded list, which begin at `start` (RFC 9113 §8.2). */
export function readRegularFields(fields: readonly string[], start: number, into: Framing): Refusal | undefined {
  for (let index = start; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    const value = fields[index + 1] ?? "";
    if (name === "") return refusal(400, "malformed-field");
    if (name.charCodeAt(0) === 58) return refusal(400, "misplaced-pseudo-field");
    if (name.length > 17 || ((lengths >>> name.length) & 1) === 0) into.fields.push(name, value);
    else {
      const refused = readFramingField(name, value, into);
      if (refused) return refused;
    }
  }
  return undefined;
}

function readFramingField(name: string, value: string, into: Framing): Refusal | undefined {
  if (isConnectionField(name)) return refusal(400, "connection-field");
  switch (name) {
    case "host":
      if (into.host !== undefined) return refusal(400, "several-hosts");
      into.host = value;
      return undefined;
    case "cookie":
      return keepCookie(value, into.fields);
    case "content-length": {
      const length = oneLength(value);
      if (length === undefined || (into.contentLength !== -1 && into.contentLength !== length))
        return refusal(400, "bad-content-length");
      into.contentLength = length;
      return undefined;
    }
    case "te":
      if (value.toLowerCase() !== "trailers") return refusal(400, "connection-field");
      into.takesTrailers = true;
      return undefined;
    case "expect":
      if (value.toLowerCase() === "100-continue") into.expectContinue = true;
      else into.expectsUnknown = true;
      return undefined;
    case "http2-settings":
      // Of an upgrade from HTTP/1.1, which this is not.
      return undefined;
    default:
      into.fields.push(name, value);
      return undefined;
  }
}

/** Fields of one HTTP/1.1 connection, which have no place here (RFC 9113 §8.2.2). */
export function isConnectionField(name: string): boolean {
  return (
    name === "connection" ||
    name === "keep-alive" ||
    name === "proxy-connection" ||
    name === "transfer-encoding" ||
    name === "upgrade"
  );
}

/** Cookies may come in crumbs, which compress better; everywhere else they are one field (RFC 9113 §8.2.3). */
function keepCookie(value: string, fields: string[]): undefined {
  for (let index = fields.length - 2; index >= 0; index -= 2) {
    if (fields[index] !== "cookie") continue;
    fields[index + 1] = `${fields[index + 1] ?? ""}; ${value}`;
    return;
  }
  fields.push("cookie", value);
}
