/** One operator of a format, `%NAME(argument):length%`. */
export interface Operator {
  readonly name: string;
  readonly argument: string | undefined;
  readonly limit: number | undefined;
}

/** Splits a format into text and operators; `%%` is a percent sign. Throws on a lone `%`. */
export function parseFormat(format: string): (string | Operator)[] {
  const parts: (string | Operator)[] = [];
  const operator = /%%|%([A-Z][A-Z0-9_]*)(?:\(([^)]*)\))?(?::(\d+))?%/y;
  let plain = "";
  for (let at = 0; at < format.length;) {
    const next = format.indexOf("%", at);
    if (next === -1) {
      plain += format.slice(at);
      break;
    }
    plain += format.slice(at, next);
    operator.lastIndex = next;
    const found = operator.exec(format);
    if (!found) throw new RangeError(`"${format}" has a % that begins no operator; write %% for a percent sign`);
    at = operator.lastIndex;
    const name = found[1];
    if (name === undefined) plain += "%";
    else {
      if (plain !== "") parts.push(plain);
      plain = "";
      parts.push({ name, argument: found[2], limit: found[3] === undefined ? undefined : Number(found[3]) });
    }
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

/** `1.2.3.4:80` or `[::1]:80` without the port. */
export function withoutPort(address: string): string {
  const colon = address.lastIndexOf(":");
  return colon === -1 ? address : address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
}

export function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1);
}
