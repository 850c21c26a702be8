import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, describe, test } from "node:test";
import { certificateFacts } from "./certificate.ts";
import { TestAuthority } from "./fixture.ts";
import { dnsNameFits } from "./server-names.ts";

describe("a certificate", () => {
  const authority = new TestAuthority();
  after(() => authority.remove());
  const factsOf = (name: string, names: string, subject?: string) =>
    certificateFacts(
      new X509Certificate(authority.leaf(name, names, subject === undefined ? {} : { subject }).certificate),
    );

  test("tells the names of each kind", () => {
    const { uris, dnsNames, emails, addresses } = factsOf(
      "names",
      "DNS:a.example,DNS:*.b.example,URI:spiffe://x/y,email:me@a.example,IP:10.0.0.1,IP:2001:db8:0:0:0:0:0:1",
    );
    assert.deepEqual(uris, ["spiffe://x/y"]);
    assert.deepEqual(dnsNames, ["a.example", "*.b.example"]);
    assert.deepEqual(emails, ["me@a.example"]);
    assert.deepEqual(addresses, ["10.0.0.1", "2001:db8::1"]);
  });

  test("tells its subject as RFC 2253 does", () => {
    const { subject } = factsOf("subject", "DNS:a", '/C=DE/O=Weft, "Inc."/OU=a;b/CN= x\\\\y ');
    assert.equal(subject, 'CN=\\ x\\\\y\\ ,OU=a\\;b,O=Weft\\, \\"Inc.\\",C=DE');
    assert.equal(factsOf("empty", "DNS:a", "/").subject, "");
  });

  test("tells its hash, its key's hash and its time as OpenSSL does", () => {
    const { certificate } = authority.leaf("hash", "DNS:a");
    const known = new X509Certificate(certificate);
    const facts = certificateFacts(known);
    assert.equal(facts.hash, known.fingerprint256.replaceAll(":", "").toLowerCase());
    assert.match(facts.publicKeyHash, /^[A-Za-z0-9+/]{43}=$/);
    assert.equal(facts.notBefore, Date.parse(known.validFrom));
    assert.equal(facts.notAfter, Date.parse(known.validTo));
  });

  test("that is cut off anywhere is refused, never half read", () => {
    const { raw } = new X509Certificate(authority.leaf("cut", "DNS:a.example").certificate);
    for (let length = 0; length < raw.length; length += 1) {
      assert.throws(() => certificateFacts({ raw: raw.subarray(0, length) }), RangeError);
    }
  });

  test("with any byte changed gives facts or a refusal", () => {
    const { raw } = new X509Certificate(authority.leaf("changed", "DNS:a.example").certificate);
    for (let at = 0; at < raw.length; at += 1) {
      for (const value of [0, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(raw);
        changed[at] = value;
        try {
          certificateFacts({ raw: changed });
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }
    }
  });
});

describe("a certificate's name", () => {
  for (const [pattern, name, fits] of [
    ["a.example", "a.example", true],
    ["a.example", "b.example", false],
    ["*.example", "a.example", true],
    ["*.example", "a.b.example", false],
    ["*.example", "example", false],
    ["*.example", ".example", false],
    ["*a.example", "aa.example", false],
    ["*", "a", false],
    ["*.", "a.", false],
  ] as const) {
    test(`${pattern} ${fits ? "covers" : "does not cover"} ${name}`, () => {
      assert.equal(dnsNameFits(pattern, name), fits);
    });
  }
});
