import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIPv4 } from "node:net";
import * as der from "./der.ts";

/** A certificate and its private key, both PEM (the key PKCS #8). Plain data, to be kept where only its owner reads. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface ServerNames {
  /** DNS names. */
  readonly names: readonly string[];
  /** IP addresses. */
  readonly addresses: readonly string[];
}

const day = 86_400_000;
/** Clocks differ: a certificate is valid since a while before it was made. */
const leeway = day;

/** A root of trust of its own (ECDSA P-256), valid for ten years. `now` is milliseconds since the epoch. */
export function createCa(commonName = "weft-ca", now = Date.now()): KeyedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const certificate = signCertificate({
    subject: commonName,
    issuer: commonName,
    publicKey,
    signer: privateKey,
    from: now - leeway,
    until: now + 3650 * day,
    extensions: [
      // CA: TRUE
      extension("2.5.29.19", true, der.sequence(der.boolean(true))),
      // keyCertSign, cRLSign
      extension("2.5.29.15", true, der.bits(Buffer.of(0b0000_0110), 1)),
      extension("2.5.29.14", false, der.octets(keyIdentifier(publicKey))),
    ],
  });
  return { certificate, key: pemOf(privateKey) };
}

/** A certificate for a TLS server under these names, valid for a year. */
export function issueServerCertificate(
  ca: KeyedCertificate,
  { names, addresses }: ServerNames,
  now = Date.now(),
): KeyedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = createPrivateKey(ca.key);
  const certificate = signCertificate({
    subject: names[0] ?? addresses[0] ?? "weft",
    issuer: new X509Certificate(ca.certificate).subject.replace(/^CN=/, ""),
    publicKey,
    signer,
    from: now - leeway,
    until: now + 365 * day,
    extensions: [
      extension("2.5.29.19", true, der.sequence()),
      // digitalSignature
      extension("2.5.29.15", true, der.bits(Buffer.of(0b1000_0000), 7)),
      // serverAuth
      extension("2.5.29.37", false, der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))),
      extension(
        "2.5.29.17",
        false,
        der.sequence(
          ...names.map((name) => der.primitive(2, Buffer.from(name, "latin1"))),
          ...addresses.map((address) => der.primitive(7, addressBytes(address))),
        ),
      ),
      extension("2.5.29.35", false, der.sequence(der.primitive(0, keyIdentifier(createPublicKey(signer))))),
    ],
  });
  return { certificate, key: pemOf(privateKey) };
}

interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
  readonly extensions: readonly Buffer[];
}

const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

/** RFC 5280 §4.1, as PEM. */
function signCertificate(parts: CertificateParts): string {
  const toBeSigned = der.sequence(
    der.tagged(0, der.integer(Buffer.of(2))),
    der.integer(serialNumber()),
    ecdsaWithSha256,
    commonName(parts.issuer),
    der.sequence(der.time(parts.from), der.time(parts.until)),
    commonName(parts.subject),
    parts.publicKey.export({ type: "spki", format: "der" }),
    der.tagged(3, der.sequence(...parts.extensions)),
  );
  const signature = sign("sha256", toBeSigned, parts.signer);
  const text = der.sequence(toBeSigned, ecdsaWithSha256, der.bits(signature)).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${text.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;
}

function commonName(name: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid("2.5.4.3"), der.utf8(name))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(value));
}

/** RFC 5280 §4.2.1.2, method 1: the hash of the public key's bits, which for P-256 are the last 65 bytes. */
function keyIdentifier(key: KeyObject): Buffer {
  const point = key.export({ type: "spki", format: "der" }).subarray(-65);
  return createHash("sha1").update(point).digest();
}

/** Positive and unguessable (RFC 5280 §4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [first, last] = [groups(head), groups(tail ?? "")];
  const middle = tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => "0");
  return Buffer.from([...first, ...middle, ...last].map((group) => group.padStart(4, "0")).join(""), "hex");
}
