import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { transportSocketTypes, type CommonTlsContext, type Secret } from "../../xds/index.ts";
import { listenerShape } from "../config/honoured.ts";
import { check } from "../config/shape.ts";
import { ClientTls } from "./client-tls.ts";
import { TestAuthority } from "./fixture.ts";
import { downstream, ownCertificate, securedChain } from "./gateway-fixture.ts";
import { Material } from "./material.ts";
import { peerRules } from "./peer-rules.ts";
import { ServerTls } from "./server-tls.ts";

const authority = new TestAuthority();
const shop = authority.leaf("shop", "DNS:shop.example");
const other = authority.leaf("other", "DNS:other.example");
const trusted_ca = { inline_string: authority.root.certificate };
const secrets: Record<string, Secret> = {
  own: { name: "own", tls_certificate: ownCertificate(shop) },
  trust: { name: "trust", validation_context: { trusted_ca } },
};
const material = new Material({ secret: (name) => secrets[name] });

const server = (common: CommonTlsContext) =>
  new ServerTls({ "@type": transportSocketTypes.downstreamTls, common_tls_context: common }, "socket", material);
const client = (common: CommonTlsContext) =>
  new ClientTls({ "@type": transportSocketTypes.upstreamTls, common_tls_context: common }, "socket", material);

/** Why a context is refused; empty: it is not. */
function refusal(make: () => unknown): string {
  try {
    make();
    return "";
  } catch (error) {
    return error instanceof RangeError ? error.message : `no RangeError: ${String(error)}`;
  }
}

describe("a TLS context", () => {
  after(() => authority.remove());
  const own = [ownCertificate(shop)];

  test("takes certificates and keys from files, text, base64 and the environment", () => {
    process.env["WEFT_TEST_KEY"] = shop.key;
    const { certificate } = shop;
    for (const [certificate_chain, private_key] of [
      [{ filename: shop.files.certificate }, { filename: shop.files.key }],
      [{ inline_string: certificate }, { environment_variable: "WEFT_TEST_KEY" }],
      [{ inline_bytes: Buffer.from(certificate).toString("base64") }, { inline_string: shop.key }],
    ] as const) {
      assert.equal(
        refusal(() => server({ tls_certificates: [{ certificate_chain, private_key }] })),
        "",
      );
    }
    delete process.env["WEFT_TEST_KEY"];
  });

  test("takes certificates and authorities from secrets", () => {
    const common: CommonTlsContext = {
      tls_certificate_sds_secret_configs: [{ name: "own" }],
      combined_validation_context: {
        default_validation_context: {
          match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: "shop.example" } }],
        },
        validation_context_sds_secret_config: { name: "trust" },
      },
    };
    assert.equal(
      refusal(() => server(common)),
      "",
    );
    assert.equal(
      refusal(() => client(common)),
      "",
    );
  });

  test("serves with a secret that was replaced, and keeps the old one where the new one is no good", () => {
    let now: Secret = { name: "own", tls_certificate: ownCertificate(shop) };
    const changing = new Material({ secret: () => now });
    const message = {
      "@type": transportSocketTypes.downstreamTls,
      common_tls_context: { tls_certificate_sds_secret_configs: [{ name: "own" }] },
    };
    const tls = new ServerTls(message, "socket", changing);
    const context = () => tls.begin({ serverName: undefined, alpn: [] })?.options.secureContext;
    const first = context();
    assert.equal(context(), first);
    now = { name: "own", tls_certificate: ownCertificate(other) };
    changing.changed();
    const second = context();
    assert.notEqual(second, first);
    now = { name: "own", tls_certificate: { ...ownCertificate(shop), private_key: { inline_string: "nothing" } } };
    changing.changed();
    assert.equal(context(), second);
  });

  test("serves with the files as they are, and keeps the old ones while they do not fit together", () => {
    const clock = new ManualClock();
    const troubles: string[] = [];
    const files = new Material({ clock, trouble: (why) => troubles.push(why) });
    const certificate = authority.write("live.pem", shop.certificate);
    const key = authority.write("live.key", shop.key);
    const source = { certificate_chain: { filename: certificate }, private_key: { filename: key } };
    const message = {
      "@type": transportSocketTypes.downstreamTls,
      common_tls_context: { tls_certificates: [source] },
    };
    const tls = new ServerTls(message, "socket", files);
    const context = () => tls.begin({ serverName: undefined, alpn: [] })?.options.secureContext;
    const first = context();
    authority.write("live.pem", other.certificate);
    assert.equal(context(), first, "files are not looked at for every connection");
    clock.advance(2000);
    assert.equal(context(), first, "the new certificate has no key yet");
    assert.match(troubles.join(), /^socket[^,]*: the private key is not the certificate's$/);
    rmSync(key);
    clock.advance(2000);
    assert.equal(context(), first);
    authority.write("live.key", other.key);
    clock.advance(2000);
    assert.notEqual(context(), first);
    assert.equal(troubles.length, 1);
  });

  const withKey = (private_key: { readonly inline_string: string }) => ({
    tls_certificates: [{ certificate_chain: { inline_string: shop.certificate }, private_key }],
  });
  for (const [what, make, expected] of [
    ["no certificate for a server", () => server({}), /^socket\.common_tls_context\.tls_certificates: a server needs/],
    [
      "a file that is not there",
      () => server({ tls_certificates: [{ ...own[0], private_key: { filename: "/no/such" } }] }),
      /^socket\.common_tls_context\.tls_certificates\[0\]\.private_key\.filename: cannot read \/no\/such: ENOENT/,
    ],
    [
      "a variable that is not set",
      () => server({ tls_certificates: [{ ...own[0], private_key: { environment_variable: "WEFT_NONE" } }] }),
      /private_key\.environment_variable: WEFT_NONE is not set$/,
    ],
    [
      "a key that is none",
      () => server(withKey({ inline_string: "secret!" })),
      /private_key: no key in PEM can be read$/,
    ],
    [
      "another certificate's key",
      () => server(withKey({ inline_string: other.key })),
      /tls_certificates\[0\]: the private key is not the certificate's$/,
    ],
    ["two certificates of a client", () => client({ tls_certificates: [...own, ...own] }), /a client shows one/],
    [
      "an unknown secret",
      () => client({ validation_context_sds_secret_config: { name: "x" } }),
      /no secret is called "x"/,
    ],
    [
      "a secret of the other kind",
      () => server({ tls_certificate_sds_secret_configs: [{ name: "trust" }] }),
      /sds_secret_configs\[0\]\.name: "trust" is no certificate$/,
    ],
    [
      "an unknown cipher",
      () => client({ tls_params: { cipher_suites: ["[ECDHE-ECDSA-AES128-GCM-SHA256|ROT13]"] } }),
      /tls_params\.cipher_suites: ROT13 is not supported$/,
    ],
    [
      "versions that leave nothing",
      () =>
        client({ tls_params: { tls_minimum_protocol_version: "TLSv1_3", tls_maximum_protocol_version: "TLSv1_2" } }),
      /the lowest version is above the highest one$/,
    ],
    ["a curve nobody knows", () => client({ tls_params: { ecdh_curves: ["P-1"] } }), /^socket\.common_tls_context: /],
    [
      "names without an authority",
      () =>
        client({
          validation_context: { match_typed_subject_alt_names: [{ san_type: "DNS", matcher: { exact: "a" } }] },
        }),
      /match_typed_subject_alt_names: names mean nothing without trusted_ca$/,
    ],
    [
      "a hash that is none",
      () => client({ validation_context: { verify_certificate_hash: ["abc"] } }),
      /verify_certificate_hash\[0\]: 64 hexadecimal digits are needed$/,
    ],
  ] as const) {
    test(`is refused for ${what}`, () => {
      const message = refusal(make);
      assert.match(message, expected);
      assert.doesNotMatch(message, /secret!/);
    });
  }

  test("is refused for TLS 1.1, renegotiation and whatever else is not honoured", () => {
    const faultsOf = (socket: object) => {
      const chain = securedChain({ name: "tls", typed_config: { ...downstream({}).typed_config, ...socket } as never });
      const faults: string[] = [];
      const address = { socket_address: { address: "::", port_value: 1 } };
      check(listenerShape, { name: "l", address, filter_chains: [chain] }, "", faults);
      return faults.join();
    };
    const common = (tls_params: object) => ({ common_tls_context: { tls_params } });
    assert.equal(faultsOf({}), "");
    assert.match(faultsOf(common({ tls_minimum_protocol_version: "TLSv1_1" })), /"TLSv1_1" is not supported/);
    assert.match(faultsOf({ session_ticket_keys: {} }), /session_ticket_keys: is not supported/);
  });

  test("judges by today's date also what was trusted before", () => {
    const rules = peerRules({ validation_context: { trusted_ca } }, "socket", material);
    const facts = { uris: [], dnsNames: [], emails: [], addresses: [], subject: "", hash: "", publicKeyHash: "" };
    const at = (now: number) => rules?.check({ ...facts, notBefore: 10, notAfter: 20 }, undefined, now)?.counter;
    assert.equal(at(9), "fail_verify_error");
    assert.equal(at(10), undefined);
    assert.equal(at(20), undefined);
    assert.equal(at(21), "fail_verify_error");
  });
});
