import type { HttpRule } from "../mesh/index.ts";
import { filterTypes, type CorsPolicy, type HttpFault } from "../xds/index.ts";
import { envoyDuration } from "./duration.ts";
import { fraction, stringMatcher } from "./string-match.ts";

/** gRPC's status names and their numbers. */
const grpcStatuses = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
];

/** Faults to inject; a percentage that is absent means none. */
export function faultOf(fault: HttpRule["fault"]): HttpFault | undefined {
  const { delay, abort } = fault ?? {};
  const delayShare = delay?.percentage?.value ?? delay?.percent ?? 0;
  const abortShare = abort?.percentage?.value ?? 0;
  const pause = envoyDuration(delay?.fixedDelay);
  const grpc = grpcStatuses.indexOf(abort?.grpcStatus ?? "");
  const status =
    abort?.httpStatus === undefined
      ? grpc < 0
        ? undefined
        : { grpc_status: grpc }
      : { http_status: abort.httpStatus };
  if ((pause === undefined || delayShare === 0) && (status === undefined || abortShare === 0)) return undefined;
  return {
    "@type": filterTypes.fault,
    ...(pause === undefined || delayShare === 0
      ? {}
      : { delay: { fixed_delay: pause, percentage: fraction(delayShare) } }),
    ...(status === undefined || abortShare === 0 ? {} : { abort: { ...status, percentage: fraction(abortShare) } }),
  };
}

export function corsOf(policy: HttpRule["corsPolicy"]): CorsPolicy | undefined {
  if (policy === undefined) return undefined;
  const origins = [
    ...(policy.allowOrigins ?? []).flatMap((origin) => stringMatcher(origin) ?? []),
    ...(policy.allowOrigin ?? []).map((origin) =>
      origin === "*" ? { safe_regex: { regex: ".*" } } : { exact: origin },
    ),
  ];
  const seconds = envoyDuration(policy.maxAge)?.slice(0, -1);
  return {
    "@type": filterTypes.corsPolicy,
    allow_origin_string_match: origins,
    ...(policy.allowMethods === undefined ? {} : { allow_methods: policy.allowMethods.join(",") }),
    ...(policy.allowHeaders === undefined ? {} : { allow_headers: policy.allowHeaders.join(",") }),
    ...(policy.exposeHeaders === undefined ? {} : { expose_headers: policy.exposeHeaders.join(",") }),
    ...(seconds === undefined ? {} : { max_age: seconds }),
    ...(policy.allowCredentials === undefined ? {} : { allow_credentials: policy.allowCredentials }),
    forward_not_matching_preflights: policy.unmatchedPreflights !== "IGNORE",
    filter_enabled: { default_value: { numerator: 100 } },
  };
}
