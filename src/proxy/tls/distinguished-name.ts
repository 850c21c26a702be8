import { childrenOf, oidOf, type Element } from "./der.ts";

/** Short names of RFC 4514 §3, and of what else is seen. */
const shortNames: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** Tags of texts whose bytes are UTF-8 or a part of it: UTF8String, NumericString, PrintableString, IA5String. */
const plainTexts = new Set([0x0c, 0x12, 0x13, 0x16]);
/** TeletexString: latin1, as everybody reads it. */
const teletex = 0x14;
/** BMPString: UTF-16, the high byte first. */
const bmp = 0x1e;

/** A Name (RFC 5280 §4.1.2.4) as text of RFC 2253: the most specific part first. */
export function distinguishedName(bytes: Buffer, name: Element): string {
  const parts = childrenOf(bytes, name).map((part) =>
    childrenOf(bytes, part)
      .map((attribute) => attributeText(bytes, attribute))
      .join("+"),
  );
  return parts.toReversed().join(",");
}

function attributeText(bytes: Buffer, attribute: Element): string {
  const [id, value] = childrenOf(bytes, attribute);
  if (!id || !value) throw new RangeError("an attribute of a name misses its value");
  const dots = oidOf(bytes, id);
  const text = textOf(bytes, value);
  const name = Object.hasOwn(shortNames, dots) ? shortNames[dots] : undefined;
  return text === undefined
    ? `${name ?? dots}=#${bytes.subarray(value.start, value.to).toString("hex").toUpperCase()}`
    : `${name ?? dots}=${escaped(text)}`;
}

/** Undefined: no kind of text that is known. */
function textOf(bytes: Buffer, { tag, from, to }: Element): string | undefined {
  if (plainTexts.has(tag)) return bytes.toString("utf8", from, to);
  if (tag === teletex) return bytes.latin1Slice(from, to);
  if (tag === bmp && (to - from) % 2 === 0) return Buffer.from(bytes.subarray(from, to)).swap16().toString("utf16le");
  return undefined;
}

/** RFC 2253 §2.4; bytes that are not printable ASCII as pairs of digits, as OpenSSL writes them. */
function escaped(text: string): string {
  return text
    .replace(/[,+"\\<>;]/g, "\\$&")
    .replace(/^[# ]|(?<!^) $/g, "\\$&")
    .replace(/[^\x20-\x7e]/gu, (character) =>
      Buffer.from(character).toString("hex").toUpperCase().replace(/../g, "\\$&"),
    );
}
