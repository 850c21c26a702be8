import { createHash, type X509Certificate } from "node:crypto";
import { childrenOf, elementAt, oidOf, tags, timeOf, type Element } from "./der.ts";
import { distinguishedName } from "./distinguished-name.ts";

/** What a certificate says. Names that hold anything but printable ASCII are left out: no rule can mean them. */
export interface CertificateFacts {
  /** RFC 2253: the most specific part first. */
  readonly subject: string;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emails: readonly string[];
  readonly addresses: readonly string[];
  /** SHA-256 of the whole, hexadecimal in lower case. */
  readonly hash: string;
  /** SHA-256 of the public key's DER, base64. */
  readonly publicKeyHash: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const subjectAltName = "2.5.29.17";

/** Reads a certificate's own bytes (RFC 5280 §4.1): a text made of them could be told to mean other names. Throws on anything malformed. */
export function certificateFacts({ raw }: Pick<X509Certificate, "raw">): CertificateFacts {
  const whole = elementAt(raw, 0, raw.length);
  const signed = childrenOf(raw, whole)[0];
  if (!signed) throw new RangeError("a certificate is empty");
  const fields = childrenOf(raw, signed);
  // The version stands in front, tagged, but for certificates of version 1.
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [, , , validity, subject, key, ...optional] = fields;
  if (!validity || !subject || !key) throw new RangeError("a certificate misses fields");
  const [notBefore, notAfter] = childrenOf(raw, validity).map((time) => timeOf(raw, time));
  return {
    subject: distinguishedName(raw, subject),
    ...namesOf(raw, optional),
    hash: sha256(raw).digest("hex"),
    publicKeyHash: sha256(raw.subarray(key.start, key.to)).digest("base64"),
    notBefore: notBefore ?? NaN,
    notAfter: notAfter ?? NaN,
  };
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes);

type Names = Pick<CertificateFacts, "uris" | "dnsNames" | "emails" | "addresses">;

/** The subject's alternative names (RFC 5280 §4.2.1.6). */
function namesOf(raw: Buffer, optional: readonly Element[]): Names {
  const names = { uris: [] as string[], dnsNames: [] as string[], emails: [] as string[], addresses: [] as string[] };
  for (const extension of extensionsOf(raw, optional)) {
    const [id, ...rest] = childrenOf(raw, extension);
    const value = rest.at(-1);
    if (!id || value?.tag !== tags.octetString || oidOf(raw, id) !== subjectAltName) continue;
    for (const { tag, from, to } of childrenOf(raw, elementAt(raw, value.from, value.to))) {
      const text = raw.latin1Slice(from, to);
      if (tag === 0x87) names.addresses.push(addressOf(raw.subarray(from, to)));
      else if (/^[\x21-\x7e]+$/.test(text)) {
        if (tag === 0x86) names.uris.push(text);
        else if (tag === 0x82) names.dnsNames.push(text);
        else if (tag === 0x81) names.emails.push(text);
      }
    }
  }
  return names;
}

function extensionsOf(raw: Buffer, optional: readonly Element[]): readonly Element[] {
  const tagged = optional.find(({ tag }) => tag === 0xa3);
  const list = tagged && childrenOf(raw, tagged)[0];
  return list ? childrenOf(raw, list) : [];
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return "";
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
