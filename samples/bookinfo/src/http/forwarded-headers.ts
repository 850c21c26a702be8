import type { IncomingHttpHeaders } from "node:http";

/**
 * Headers a service hands on to those it asks, so that a trace stays whole and the caller's
 * credentials reach all who check them. The mesh cannot do this: it does not know which
 * request of a service belongs to which.
 */
const handedOn = [
  "x-request-id",
  "x-ot-span-context",
  "x-datadog-trace-id",
  "x-datadog-parent-id",
  "x-datadog-sampling-priority",
  "traceparent",
  "tracestate",
  "x-cloud-trace-context",
  "grpc-trace-bin",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-parentspanid",
  "x-b3-sampled",
  "x-b3-flags",
  "sw8",
  "user-agent",
  "cookie",
  "authorization",
  "jwt",
] as const;

export type Headers = Readonly<Record<string, string>>;

export function forwardedHeaders(incoming: IncomingHttpHeaders, more: readonly string[] = []): Headers {
  const headers: Record<string, string> = {};
  for (const name of [...handedOn, ...more]) {
    const value = incoming[name];
    if (typeof value === "string") headers[name] = value;
  }
  return headers;
}
