import { defaultLimits, type HeadLimits } from "../../wire/index.ts";
import type { HttpConnectionManager } from "../../xds/index.ts";
import { milliseconds } from "./duration.ts";

/** What a client may do with its connection. 0: there is no such limit. */
export interface ConnectionRules {
  readonly limits: HeadLimits;
  /** Milliseconds without a request. */
  readonly idleTimeout: number;
  /** Milliseconds for a head to come. */
  readonly headTimeout: number;
  /** After so many requests, or milliseconds, the client is told that there will be no more. */
  readonly maxRequests: number;
  readonly maxDuration: number;
}

/** Milliseconds a client may take for a head, where nothing is said: Envoy's 0 would be for ever. */
const headTimeout = 60_000;

/** What a client may do with its connection. Envoy's defaults, but for the time of a head. */
export function connectionRules({
  common_http_protocol_options: common,
  max_request_headers_kb,
  request_headers_timeout,
}: HttpConnectionManager): ConnectionRules {
  const head = max_request_headers_kb === undefined ? defaultLimits.head : max_request_headers_kb * 1024;
  return {
    limits: {
      head,
      fields: common?.max_headers_count ?? defaultLimits.fields,
      target: Math.max(defaultLimits.target, Math.floor(head / 2)),
    },
    idleTimeout: milliseconds(common?.idle_timeout, 3_600_000),
    headTimeout: milliseconds(request_headers_timeout, 0) || headTimeout,
    maxRequests: common?.max_requests_per_connection ?? 0,
    maxDuration: milliseconds(common?.max_connection_duration, 0),
  };
}
