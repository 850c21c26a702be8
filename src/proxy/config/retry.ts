import type { RetryPolicy } from "../../xds/index.ts";
import type { RetryRules } from "./contract.ts";
import { milliseconds } from "./duration.ts";

/** Words of `retry_on` that never come true here; they stand beside others in people's defaults. */
const withoutEffect = new Set(["http3-post-connect-failure", "retriable-headers"]);
/** Words for statuses of gRPC. */
const grpcStatuses: Readonly<Record<string, number>> = {
  cancelled: 1,
  "deadline-exceeded": 4,
  "resource-exhausted": 8,
  internal: 13,
  unavailable: 14,
};
const known = new Set([
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "retriable-4xx",
  "retriable-status-codes",
  "envoy-ratelimited",
  "refused-stream",
  ...Object.keys(grpcStatuses),
  ...withoutEffect,
]);

/** Throws on a word nobody knows. */
export function retryRules(policy: RetryPolicy): RetryRules | undefined {
  const words = new Set(
    (policy.retry_on ?? "")
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean),
  );
  for (const word of words) if (!known.has(word)) throw new RangeError(`retry_on: "${word}" is not supported`);
  const attempts = policy.num_retries ?? 1;
  if (attempts === 0 || words.size === 0) return undefined;
  const codes = new Set(words.has("retriable-status-codes") ? (policy.retriable_status_codes ?? []) : []);
  if (words.has("retriable-4xx")) codes.add(409);
  const gateway = words.has("gateway-error");
  const server = words.has("5xx");
  const onReset = words.has("reset") || server || gateway;
  const grpcCodes = new Set([...words].map((word) => grpcStatuses[word]).filter((code) => code !== undefined));
  const base = milliseconds(policy.retry_back_off?.base_interval, 25);
  const most = milliseconds(policy.retry_back_off?.max_interval, 10 * base);
  if (most < base) throw new RangeError("retry_back_off.max_interval: it is less than base_interval");
  return {
    attempts,
    perTryTimeout: milliseconds(policy.per_try_timeout, 0),
    onConnectFailure: onReset || words.has("connect-failure") || words.has("reset-before-request"),
    onReset,
    onRefusedStream: server || words.has("refused-stream") || words.has("reset-before-request"),
    onGrpcStatus: grpcCodes.size === 0 ? undefined : (status) => grpcCodes.has(status),
    onStatus: (status) => (server && status >= 500) || (gateway && status >= 502 && status <= 504) || codes.has(status),
    // Full jitter: the n-th retry waits between nothing and (2^n − 1) times the base.
    delay: (attempt, random) => random * Math.min(most, base * (2 ** Math.min(attempt, 30) - 1)),
    avoidPrevious: (policy.retry_host_predicate ?? []).length > 0,
  };
}
