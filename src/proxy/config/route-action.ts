import type { Route as RouteMessage, RouteAction } from "../../xds/index.ts";
import {
  filterTypes,
  type HttpFault,
  type FractionalPercent,
  type RetryPolicy,
  type RouteDefaults,
} from "../../xds/index.ts";
import type { ClusterChoice, DirectRoute, FaultPolicy, ForwardAction, Route } from "./contract.ts";
import { corsRules } from "./cors.ts";
import { milliseconds } from "./duration.ts";
import { hashKey } from "./hash.ts";
import { headerOps, inTurn } from "./header-ops.ts";
import type { CompiledMatch } from "./path-match.ts";
import { runtimeShare, share, weightedChoice } from "./percent.ts";
import { redirectRoute } from "./redirect.ts";
import { retryRules } from "./retry.ts";
import { noRewrite, prefixRewrite, regexRewrite, type Rewrite } from "./rewrite.ts";
import { inTarget, onTheWire } from "./wire-text.ts";

const notFound = { SERVICE_UNAVAILABLE: 503, NOT_FOUND: 404, INTERNAL_SERVER_ERROR: 500 } as const;
/** Envoy's own default for a route that says nothing. */
const defaultTimeout = 15_000;

export interface HostOptions {
  readonly virtualHost: string;
  readonly requireTls: boolean;
  readonly attemptCount: boolean;
  /** What host and table say for routes that do not, the host first. */
  readonly around: readonly RouteDefaults[];
  readonly retry: RetryPolicy | undefined;
}

/** What a route may say beside its cluster without more happening to a request than being sent on. */
const plainFields = new Set(["cluster", "timeout", "max_grpc_timeout", "max_stream_duration", "retry_policy"]);

function isPlain({ route, typed_per_filter_config, ...message }: RouteMessage, { requireTls }: HostOptions): boolean {
  if (!route || requireTls || limitsTime(timesOf(route))) return false;
  if (Object.keys(typed_per_filter_config ?? {}).length > 0) return false;
  if (Object.keys(message).some((name) => name.startsWith("request_headers") || name.startsWith("response_headers"))) {
    return false;
  }
  return Object.keys(route).every((name) => plainFields.has(name));
}

/** What a matched request meets. Throws where a part cannot be honoured. */
export function compileRoute(message: RouteMessage, match: CompiledMatch, host: HostOptions): Route {
  const levels = [message, ...host.around];
  const filters = levels.flatMap(({ typed_per_filter_config }) => Object.values(typed_per_filter_config ?? {}));
  const fault = filters.find((filter) => filter["@type"] === filterTypes.fault);
  const cors = filters.find((filter) => filter["@type"] === filterTypes.corsPolicy);
  return {
    name: message.name ?? "",
    virtualHost: host.virtualHost,
    action: compileAction(message, match, host),
    requireTls: host.requireTls,
    attemptCount: host.attemptCount,
    requestHeaders: inTurn(
      ...levels.map((level) => headerOps(level.request_headers_to_add, level.request_headers_to_remove)),
    ),
    responseHeaders: inTurn(
      ...levels.map((level) => headerOps(level.response_headers_to_add, level.response_headers_to_remove)),
    ),
    fault: fault && faultPolicy(fault),
    cors: cors && corsRules(cors),
    plain: isPlain(message, host),
    decorator: message.decorator && onTheWire(message.decorator.operation ?? ""),
  };
}

function compileAction(message: RouteMessage, match: CompiledMatch, host: HostOptions): Route["action"] {
  if (message.route) return forwardAction(message.route, match, host);
  if (message.redirect) return redirectRoute(message.redirect, match.matched);
  return directRoute(message.direct_response);
}

function directRoute(response: RouteMessage["direct_response"]): DirectRoute {
  const { inline_string, inline_bytes } = response?.body ?? {};
  const body = inline_bytes === undefined ? Buffer.from(inline_string ?? "") : Buffer.from(inline_bytes, "base64");
  return {
    kind: "direct",
    status: response?.status ?? 200,
    body,
    contentType: body.length > 0 ? "text/plain" : undefined,
  };
}

function forwardAction(action: RouteAction, match: CompiledMatch, host: HostOptions): ForwardAction {
  const retry = action.retry_policy ?? host.retry;
  const mirrors = [action, ...host.around].map((level) => level.request_mirror_policies ?? []);
  return {
    kind: "forward",
    choose: weightedChoice(choices(action)),
    notFoundStatus: notFound[action.cluster_not_found_response_code ?? "SERVICE_UNAVAILABLE"],
    rewrite: rewriteOf(action, match),
    hostRewrite: hostOf(action.host_rewrite_literal),
    idleTimeout: action.idle_timeout === undefined ? undefined : milliseconds(action.idle_timeout, 0),
    forwardsHost: action.append_x_forwarded_host ?? false,
    autoHostRewrite: action.auto_host_rewrite ?? false,
    ...timesOf(action),
    retry: retry && retryRules(retry),
    upgrades: new Map(
      (action.upgrade_configs ?? []).map(({ upgrade_type, enabled = true }) => [upgrade_type.toLowerCase(), enabled]),
    ),
    endsConnect: (action.upgrade_configs ?? []).some(({ connect_config }) => connect_config !== undefined),
    mirrors: (mirrors.find((level) => level.length > 0) ?? []).map(({ cluster, runtime_fraction }) => ({
      cluster,
      share: runtimeShare(runtime_fraction),
    })),
    hash: hashKey(action.hash_policy),
  };
}

/** A route that limits streams says all there is to say of time: its other limits do not count, as in Envoy. */
function timesOf(action: RouteAction): Pick<ForwardAction, "timeout" | "grpcTimeout" | "streamTime"> {
  const { max_grpc_timeout, grpc_timeout_offset, max_stream_duration: stream } = action;
  if (stream) {
    const { max_stream_duration, grpc_timeout_header_max, grpc_timeout_header_offset } = stream;
    const headerMax = grpc_timeout_header_max === undefined ? undefined : milliseconds(grpc_timeout_header_max, 0);
    const headerOffset = milliseconds(grpc_timeout_header_offset, 0);
    const limit = milliseconds(max_stream_duration, 0);
    return { timeout: 0, grpcTimeout: undefined, streamTime: { limit, headerMax, headerOffset } };
  }
  return {
    timeout: milliseconds(action.timeout, defaultTimeout),
    grpcTimeout:
      max_grpc_timeout === undefined
        ? undefined
        : {
            max: milliseconds(max_grpc_timeout, 0),
            offset: milliseconds(grpc_timeout_offset, 0),
          },
    streamTime: undefined,
  };
}

function limitsTime({ timeout, grpcTimeout, streamTime }: ReturnType<typeof timesOf>): boolean {
  const { max = 0, offset = 0 } = grpcTimeout ?? {};
  const { limit = 0, headerMax = 0, headerOffset = 0 } = streamTime ?? {};
  return [timeout, max, offset, limit, headerMax, headerOffset].some((time) => time > 0);
}

const hostOf = (literal: string | undefined) => (literal === undefined ? undefined : inTarget(literal));

function choices(action: RouteAction): { readonly weight: number; readonly value: ClusterChoice }[] {
  if (action.cluster !== undefined) {
    const none = { requestHeaders: undefined, responseHeaders: undefined, hostRewrite: undefined };
    return [{ weight: 1, value: { cluster: action.cluster, ...none } }];
  }
  const clusters = action.weighted_clusters?.clusters ?? [];
  return clusters.map((entry) => ({
    weight: entry.weight,
    value: {
      cluster: entry.name,
      requestHeaders: headerOps(entry.request_headers_to_add, entry.request_headers_to_remove),
      responseHeaders: headerOps(entry.response_headers_to_add, entry.response_headers_to_remove),
      hostRewrite: hostOf(entry.host_rewrite_literal),
    },
  }));
}

function rewriteOf({ prefix_rewrite, regex_rewrite }: RouteAction, match: CompiledMatch): Rewrite {
  if (regex_rewrite) return regexRewrite(regex_rewrite.pattern, regex_rewrite.substitution ?? "");
  return prefix_rewrite ? prefixRewrite(prefix_rewrite, match.matched) : noRewrite;
}

/** A fault without a percentage hits nobody, as in Envoy. */
const shareOf = (percentage: FractionalPercent | undefined) => (percentage ? share(percentage) : 0);

function faultPolicy({ delay, abort }: HttpFault): FaultPolicy {
  return {
    delay: delay && { milliseconds: milliseconds(delay.fixed_delay, 0), share: shareOf(delay.percentage) },
    abort: abort && {
      // A gRPC abort is an HTTP 200 that carries the status.
      status: abort.http_status ?? 200,
      grpcStatus: abort.grpc_status,
      share: shareOf(abort.percentage),
    },
  };
}
