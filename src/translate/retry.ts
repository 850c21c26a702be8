import type { HttpRule } from "../mesh/index.ts";
import type { RetryPolicy } from "../xds/index.ts";
import { envoyDuration } from "./duration.ts";

const previousHosts = {
  retry_host_predicate: [
    {
      name: "envoy.retry_host_predicates.previous_hosts",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
      },
    },
  ],
  host_selection_retry_max_attempts: 5,
};

const defaultConditions = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

/** What a route without `retries` does: twice more, only where no request can have been acted on. */
export const defaultRetry: RetryPolicy = { retry_on: defaultConditions, num_retries: 2, ...previousHosts };

/** An application that resets before it read the request is asked again. */
export const inboundRetry: RetryPolicy = { retry_on: "reset-before-request", num_retries: 2 };

/** Undefined: no retries at all. */
export function retryPolicy(retries: HttpRule["retries"], hashed: boolean): RetryPolicy | undefined {
  // Trying another host would break the stickiness that hashing is chosen for.
  const avoid = hashed ? {} : previousHosts;
  if (retries === undefined) return { retry_on: defaultConditions, num_retries: 2, ...avoid };
  if (retries.attempts === 0) return undefined;
  const given = (retries.retryOn ?? "").split(",").map((part) => part.trim());
  const codes = given.filter((part) => /^\d{3}$/.test(part)).map(Number);
  const words = given.filter((part) => part !== "" && !/^\d+$/.test(part));
  if (codes.length > 0 && !words.includes("retriable-status-codes")) words.push("retriable-status-codes");
  const perTry = envoyDuration(retries.perTryTimeout);
  const pause = envoyDuration(retries.backoff);
  return {
    retry_on: words.length === 0 ? defaultConditions : words.join(","),
    num_retries: retries.attempts ?? 2,
    ...(perTry === undefined ? {} : { per_try_timeout: perTry }),
    ...(codes.length === 0 ? {} : { retriable_status_codes: codes }),
    ...(pause === undefined ? {} : { retry_back_off: { base_interval: pause } }),
    ...(retries.retryIgnorePreviousHosts === false ? {} : avoid),
  };
}
