import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { addressBytes, printAddress } from "./address.ts";
import { crc32c } from "./crc32c.ts";
import { printProxyHeader } from "./proxy-header.ts";
import { readProxyHeader, signature, type ProxiedEnds, type ProxyRead } from "./proxy-protocol.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");
const ends = (source: string, from: number, destination: string, to: number): ProxiedEnds => ({
  source: { address: source, port: from },
  destination: { address: destination, port: to },
});
const four = ends("192.0.2.7", 50_001, "198.51.100.1", 443);
const six = ends("2001:db8::7", 50_001, "2001:db8:0:1::1", 443);

/** A header of version 2 whose length fits what follows. */
function binary(command: number, family: number, body: Buffer, length = body.length): Buffer {
  return Buffer.concat([signature, Buffer.from([command, family, length >> 8, length & 255]), body]);
}
const body4 = printProxyHeader(2, four).subarray(16);
const body6 = printProxyHeader(2, six).subarray(16);
const extension = (type: number, value: Buffer, length = value.length) =>
  Buffer.concat([Buffer.from([type, length >> 8, length & 255]), value]);

/** Version 2 with a checksum that fits, or is off by `error`. */
function checked(error = 0): Buffer {
  const header = binary(
    0x21,
    0x11,
    Buffer.concat([body4, extension(4, Buffer.alloc(3)), extension(3, Buffer.alloc(4))]),
  );
  header.writeUInt32BE((crc32c(header) ^ error) >>> 0, header.length - 4);
  return header;
}

const tls = (...inside: Buffer[]) => extension(0x20, Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), ...inside]));
const own = "its own";

/** What bytes say: the ends, that they are the connection's own, why not, that there is no header, or nothing yet. */
function said(read: ProxyRead): unknown {
  if (read === undefined || read === "absent") return read;
  if ("bad" in read) return new RegExp(read.bad.replace(/[()]/g, "\\$&"));
  return read.ends ?? own;
}

const cases: readonly (readonly [what: string, bytes: Buffer, says: ProxiedEnds | RegExp | string | undefined])[] = [
  ["nothing", latin1(""), undefined],
  ["a request", latin1("GET / HTTP/1.1\r\n\r\n"), "absent"],
  ["HTTP/2's preface", latin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "absent"],
  ["an empty line before a request", latin1("\r\nGET / HTTP/1.1\r\n"), "absent"],
  ["a TLS record", latin1("\x16\x03\x01"), "absent"],
  ["a word that begins alike", latin1("PROXYING 1"), "absent"],
  ["part of the word", latin1("PROX"), undefined],
  ["version 1 over IPv4", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50001 443\r\n"), four],
  ["version 1 over IPv6", latin1("PROXY TCP6 2001:db8::7 2001:db8:0:1::1 50001 443\r\n"), six],
  [
    "version 1 with the first port and the last",
    latin1("PROXY TCP4 1.1.1.1 2.2.2.2 0 65535\r\n"),
    ends("1.1.1.1", 0, "2.2.2.2", 65_535),
  ],
  ["version 1 of nobody", latin1("PROXY UNKNOWN\r\n"), own],
  ["version 1 of nobody with whatever follows", latin1("PROXY UNKNOWN ffff::1 \0 x\r\n"), own],
  ["version 1 at its longest", latin1(`PROXY UNKNOWN ${"x".repeat(91)}\r\n`), own],
  ["version 1, one byte longer", latin1(`PROXY UNKNOWN ${"x".repeat(92)}\r\n`), /no end of line/],
  ["version 1 without its LF", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50001 443\r"), undefined],
  ["version 1 that ends in LF", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50001 443\n"), /a line feed alone/],
  ["version 1 of another family", latin1("PROXY UDP4 192.0.2.7 198.51.100.1 50001 443\r\n"), /neither TCP4/],
  ["version 1 in lower case", latin1("PROXY tcp4 192.0.2.7 198.51.100.1 50001 443\r\n"), /neither TCP4/],
  ["version 1 with two spaces", latin1("PROXY TCP4  192.0.2.7 198.51.100.1 50001 443\r\n"), /two addresses/],
  ["version 1 with a space at its end", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50001 443 \r\n"), /two addresses/],
  ["version 1 with too little", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 50001\r\n"), /two addresses/],
  ["version 1 with an address of the other family", latin1("PROXY TCP4 192.0.2.7 ::1 50001 443\r\n"), /an address/],
  ["version 1 with a scoped address", latin1("PROXY TCP6 fe80::1%eth0 ::1 50001 443\r\n"), /an address/],
  ["version 1 with a zero before a number", latin1("PROXY TCP4 192.0.02.7 198.51.100.1 50001 443\r\n"), /an address/],
  ["version 1 with a name", latin1("PROXY TCP4 localhost 198.51.100.1 50001 443\r\n"), /an address/],
  ["version 1 with a port too large", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n"), /a port/],
  ["version 1 with a zero before a port", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 0443 443\r\n"), /a port/],
  ["version 1 with a signed port", latin1("PROXY TCP4 192.0.2.7 198.51.100.1 +443 443\r\n"), /a port/],
  ["version 1 from everywhere", latin1("PROXY TCP4 0.0.0.0 198.51.100.1 50001 443\r\n"), /nobody/],
  ["version 1 from everybody", latin1("PROXY TCP4 255.255.255.255 198.51.100.1 50001 443\r\n"), /nobody/],
  ["version 1 from a group", latin1("PROXY TCP6 ff02::1 ::1 50001 443\r\n"), /nobody/],
  [
    "version 2 from a group",
    binary(0x21, 0x11, Buffer.concat([Buffer.from([224, 0, 0, 1]), body4.subarray(4)])),
    /nobody/,
  ],
  ["version 1 to nobody", latin1("PROXY TCP4 192.0.2.7 0.0.0.0 50001 443\r\n"), /nobody/],
  ["part of the signature", signature.subarray(0, 7), undefined],
  ["the signature alone", signature, undefined],
  ["version 2 over IPv4", binary(0x21, 0x11, body4), four],
  ["version 2 over IPv6", binary(0x21, 0x21, body6), six],
  ["version 2 without its last byte", binary(0x21, 0x11, body4).subarray(0, -1), undefined],
  ["version 2 of datagrams", binary(0x21, 0x12, body4), own],
  ["version 2 of a socket of one machine", binary(0x21, 0x31, Buffer.alloc(216)), own],
  ["version 2 of nobody", binary(0x21, 0, Buffer.alloc(0)), own],
  ["version 2 by the sender itself", binary(0x20, 0, Buffer.alloc(0)), own],
  ["version 2 by the sender itself, with what is to be skipped", binary(0x20, 0xff, latin1("whatever")), own],
  ["version 3", binary(0x31, 0x11, body4), /version 3/],
  ["version 1 in binary", binary(0x11, 0x11, body4), /version 1/],
  ["an unknown command", binary(0x22, 0x11, body4), /command 2/],
  ["an unknown family", binary(0x21, 0x41, body4), /address family 4/],
  ["an unknown transport", binary(0x21, 0x13, body4), /transport 3/],
  ["version 2 too short for IPv4", binary(0x21, 0x11, body4.subarray(1)), /too short/],
  ["version 2 too short for IPv6", binary(0x21, 0x21, body4), /too short/],
  ["version 2 at its longest", binary(0x20, 0, Buffer.alloc(16_368)), own],
  ["version 2, one byte longer", binary(0x20, 0, Buffer.alloc(16_369)), /more than 16384 bytes/],
  ["an extension", binary(0x21, 0x11, Buffer.concat([body4, extension(2, latin1("a.example"))])), four],
  ["an empty extension", binary(0x21, 0x11, Buffer.concat([body4, extension(4, Buffer.alloc(0))])), four],
  ["half an extension", binary(0x21, 0x11, Buffer.concat([body4, Buffer.from([4, 0])])), /runs over/],
  [
    "an extension longer than the rest",
    binary(0x21, 0x11, Buffer.concat([body4, extension(4, latin1("a"), 2)])),
    /runs over/,
  ],
  ["a checksum that fits", checked(), four],
  ["a checksum that does not fit", checked(1), /does not fit/],
  ["a checksum of three bytes", binary(0x21, 0x11, Buffer.concat([body4, extension(3, Buffer.alloc(3))])), /checksum/],
  [
    "two checksums",
    binary(0x21, 0x11, Buffer.concat([body4, extension(3, Buffer.alloc(4)), extension(3, Buffer.alloc(4))])),
    /checksum/,
  ],
  ["a TLS extension", binary(0x21, 0x11, Buffer.concat([body4, tls(extension(0x21, latin1("TLSv1.3")))])), four],
  ["a TLS extension too short", binary(0x21, 0x11, Buffer.concat([body4, extension(0x20, Buffer.alloc(4))])), /TLS/],
  [
    "a TLS extension with one inside that is too long",
    binary(0x21, 0x11, Buffer.concat([body4, tls(extension(0x21, latin1("x"), 9))])),
    /TLS/,
  ],
];

describe("a PROXY header", () => {
  for (const [what, bytes, says] of cases) {
    test(`${what}: ${says instanceof RegExp ? "refused" : typeof says === "object" ? "read" : (says ?? "more are needed")}`, () => {
      const read = readProxyHeader(bytes);
      if (!(says instanceof RegExp)) return assert.deepEqual(said(read), says);
      assert.ok(typeof read === "object" && "bad" in read);
      assert.match(read.bad, says);
    });
  }

  test("says the same however it is cut, and whatever follows", () => {
    for (const [what, bytes] of cases) {
      const whole = readProxyHeader(bytes);
      for (let length = 0; length < bytes.length; length += 1) {
        const sooner = readProxyHeader(bytes.subarray(0, length));
        if (sooner !== undefined) assert.deepEqual(sooner, whole, `${what}, after ${length} bytes`);
      }
      if (whole !== undefined) assert.deepEqual(readProxyHeader(Buffer.concat([bytes, latin1("more")])), whole, what);
    }
  });

  test("printed is read as the ends it names, to its last byte", () => {
    const ip4 = fc.tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255)).map(([a, b]) => ({ address: `${a}.0.${b}.1` }));
    const ip6 = fc
      .uint8Array({ minLength: 15, maxLength: 15 })
      .map((bytes) => ({ address: printAddress(Buffer.from([0x20, ...bytes])) }));
    const port = fc.integer({ min: 0, max: 65_535 });
    const pair = fc.oneof(fc.tuple(ip4, ip4), fc.tuple(ip6, ip6));
    const holds = (
      [one, other]: [{ address: string }, { address: string }],
      from: number,
      to: number,
      version: 1 | 2,
    ) => {
      const given = { source: { ...one, port: from }, destination: { ...other, port: to } };
      const header = printProxyHeader(version, given);
      assert.deepEqual(readProxyHeader(header), { version, length: header.length, ends: given });
    };
    fc.assert(fc.property(pair, port, port, fc.constantFrom(1, 2), holds));
  });

  test("of two families names both in IPv6", () => {
    const mixed = ends("192.0.2.7", 1, "2001:db8::1", 2);
    assert.equal(printProxyHeader(1, mixed).toString(), "PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 1 2\r\n");
    const read = readProxyHeader(printProxyHeader(2, mixed));
    assert.deepEqual(said(read), ends("::ffff:c000:207", 1, "2001:db8::1", 2));
  });

  test("of IPv4 written in IPv6 names IPv4, and leaves scopes out", () => {
    const mapped = ends("::ffff:192.0.2.7", 1, "::FFFF:198.51.100.1", 2);
    assert.equal(printProxyHeader(1, mapped).toString(), "PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n");
    const scoped = ends("fe80::1%eth0", 1, "::1", 2);
    assert.equal(printProxyHeader(1, scoped).toString(), "PROXY TCP6 fe80::1 ::1 1 2\r\n");
  });

  test("without ends speaks for its sender", () => {
    assert.equal(printProxyHeader(1, undefined).toString(), "PROXY UNKNOWN\r\n");
    assert.deepEqual(printProxyHeader(2, undefined), binary(0x20, 0, Buffer.alloc(0)));
  });
});

test("an address is the same in bytes and in text", () => {
  for (const [text, hex] of [
    ["::", "0".repeat(32)],
    ["::1", `${"0".repeat(31)}1`],
    ["1::", `0001${"0".repeat(28)}`],
    ["2001:db8::1:0:0:1", "20010db8000000000001000000000001"],
    ["1:0:2:3:4:5:6:7", "00010000000200030004000500060007"],
    ["192.0.2.7", "c0000207"],
  ] as const) {
    assert.equal(addressBytes(text).toString("hex"), hex);
    assert.equal(printAddress(Buffer.from(hex, "hex")), text);
  }
  assert.equal(addressBytes("::ffff:192.0.2.7").toString("hex"), `${"0".repeat(20)}ffffc0000207`);
});

test("CRC-32C of the digits is the known one", () => {
  assert.equal(crc32c(latin1("123456789")), 0xe3069283);
});
