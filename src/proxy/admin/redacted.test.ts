import assert from "node:assert/strict";
import { test } from "node:test";
import { redacted } from "./redacted.ts";

test("private keys and passwords are not shown, only where they come from", () => {
  const certificate = {
    certificate_chain: { filename: "/chain" },
    private_key: { inline_string: "key" },
    password: { inline_bytes: "cGFzcw==" },
  };
  const shown = redacted({ transport_socket: { typed_config: { tls_certificates: [certificate] } }, name: "a" });
  assert.deepEqual(shown, {
    transport_socket: {
      typed_config: {
        tls_certificates: [
          {
            certificate_chain: { filename: "/chain" },
            private_key: { inline_string: "[redacted]" },
            password: { inline_bytes: "W3JlZGFjdGVkXQ==" },
          },
        ],
      },
    },
    name: "a",
  });
  assert.equal(certificate.private_key.inline_string, "key");
});

test("what holds no secret is shown as it is, uncopied", () => {
  const message = { name: "a", list: [1, { two: 3 }], nothing: null };
  assert.equal(redacted(message), message);
});
