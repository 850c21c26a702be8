import assert from "node:assert/strict";
import { test } from "node:test";
import { forbiddenInTrailers } from "./trailers.ts";

test("what frames, routes or judges a message is forbidden behind its body, in any case of its letters", () => {
  const forbidden =
    "Transfer-Encoding content-length HOST trailer Connection TE upgrade authorization Cookie Set-Cookie " +
    "X-Forwarded-For x-forwarded-client-cert x-envoy-attempt-count :path x-request-id Content-Type cache-control";
  for (const name of forbidden.split(" ")) assert.ok(forbiddenInTrailers(name), name);
});

test("what sums a body up is not", () => {
  const allowed = "grpc-status grpc-message grpc-status-details-bin Server-Timing ETag digest x-checksum Content-MD5";
  for (const name of allowed.split(" ")) assert.ok(!forbiddenInTrailers(name), name);
});
