import { transportFailure } from "../net/transport-failure.ts";

/** An answer the proxy gives itself: Envoy's status, flags (as in access logs), details and text. */
export interface LocalReply {
  readonly status: number;
  readonly flags: string;
  readonly details: string;
  readonly body: string;
  readonly headers?: readonly string[];
  /** Of gRPC, where it does not follow from the status. */
  readonly grpcStatus?: number;
  /** Why there is no connection to the endpoint, for the log. */
  readonly failure?: string;
}

const reset = (reason: string) => `upstream connect error or disconnect/reset before headers. reset reason: ${reason}`;

/** Every answer of our own that does not depend on configuration. */
export const replies = {
  noRoute: { status: 404, flags: "NR", details: "route_not_found", body: "" },
  noCluster: { status: 503, flags: "NC", details: "cluster_not_found", body: "" },
  noEndpoint: { status: 503, flags: "UH", details: "no_healthy_upstream", body: "no healthy upstream" },
  overflow: {
    status: 503,
    flags: "UO",
    details: "upstream_reset_before_response_started{overflow}",
    body: reset("overflow"),
    headers: ["x-envoy-overloaded", "true"],
  },
  connectionTermination: {
    status: 503,
    flags: "UC",
    details: "upstream_reset_before_response_started{connection_termination}",
    body: reset("connection termination"),
  },
  remoteReset: {
    status: 503,
    flags: "UR",
    details: "upstream_reset_before_response_started{remote_reset}",
    body: reset("remote reset"),
  },
  protocolError: {
    status: 502,
    flags: "UPE",
    details: "upstream_reset_before_response_started{protocol_error}",
    body: reset("protocol error"),
  },
  timeout: { status: 504, flags: "UT", details: "response_timeout", body: "upstream request timeout" },
  perTryTimeout: { status: 504, flags: "UT", details: "upstream_per_try_timeout", body: "upstream request timeout" },
  streamTime: {
    status: 504,
    flags: "",
    details: "max_duration_timeout",
    body: "downstream duration timeout",
    grpcStatus: 4,
  },
  idleTimeout: { status: 504, flags: "SI", details: "stream_idle_timeout", body: "stream timeout" },
  requestTimeout: { status: 408, flags: "DT", details: "request_overall_timeout", body: "request timeout" },
  upgradeRefused: { status: 403, flags: "", details: "upgrade_failed", body: "" },
  malformedBody: { status: 400, flags: "DPE", details: "http1.codec_error", body: "" },
  malformedPath: { status: 400, flags: "", details: "path_normalization_failed", body: "" },
  malformedText: {
    status: 400,
    flags: "",
    details: "grpc_base_64_decode_failed",
    body: "Bad gRPC-web request, invalid base64 data.",
  },
  shortText: {
    status: 400,
    flags: "",
    details: "grpc_base_64_decode_failed_bad_size",
    body: "Bad gRPC-web request, invalid base64 data.",
  },
  oldVersion: { status: 426, flags: "DPE", details: "low_version", body: "" },
  faultAbort: { status: 500, flags: "FI", details: "fault_filter_abort", body: "fault filter abort" },
} as const satisfies Record<string, LocalReply>;

const timedOut = "connection timeout";

export function connectionFailure(reason: string): LocalReply {
  const failure = transportFailure(reason);
  return {
    status: 503,
    flags: "UF",
    details: `upstream_reset_before_response_started{remote_connection_failure${failure && `|${failure}`}}`,
    // Envoy says no more than that; a reason in words is ours, and tells people what to do.
    body: reset(failure || reason === timedOut ? "remote connection failure" : `remote connection failure, ${reason}`),
    failure,
  };
}
