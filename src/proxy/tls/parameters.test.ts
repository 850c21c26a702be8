import assert from "node:assert/strict";
import { test } from "node:test";
import { parameterOptions, secureContext } from "./parameters.ts";

test("an empty list of curves, suites or signature algorithms says nothing, as in Envoy", () => {
  const empty = { ecdh_curves: [], cipher_suites: [], signature_algorithms: [] };
  assert.deepEqual(parameterOptions({ tls_params: empty }, "tls"), parameterOptions({}, "tls"));
  assert.ok(secureContext(parameterOptions({ tls_params: empty }, "tls"), "tls"));
});
