import { filterTypes } from "../../xds/index.ts";
import { headerFields, metadata, names, percent, runtimePercent } from "./honoured-parts.ts";
import { regex, stringMatcher } from "./matcher-shape.ts";
import { anything, duration, flag, later, list, message, noEffect, number, oneOf } from "./shape.ts";
import { only, positive, refused, required, table, text, typed, whole } from "./shape.ts";

/** What of a route configuration is honoured. */

const fault = message({
  delay: message({ fixed_delay: required(duration), percentage: percent }),
  abort: message({ http_status: whole(200, 599), grpc_status: number, percentage: percent }, [
    "http_status",
    "grpc_status",
  ]),
});
const cors = message({
  allow_origin_string_match: list(stringMatcher),
  allow_methods: text,
  allow_headers: text,
  expose_headers: text,
  max_age: text,
  allow_credentials: flag,
  forward_not_matching_preflights: flag,
  filter_enabled: runtimePercent,
});
/** By the name of the filter in `http_filters`. */
const filterConfigs = table(typed({ [filterTypes.fault]: fault, [filterTypes.corsPolicy]: cors }));

const weighted = message({
  name: required(text),
  weight: required(number),
  ...headerFields,
  host_rewrite_literal: text,
});
export const upgrade = { upgrade_type: required(text), enabled: flag };
export const retry = message({
  retry_on: text,
  num_retries: number,
  per_try_timeout: duration,
  retriable_status_codes: list(number),
  retry_back_off: message({ base_interval: required(positive), max_interval: positive }),
  retry_host_predicate: list(
    message({ name: oneOf("envoy.retry_host_predicates.previous_hosts"), typed_config: anything }),
  ),
  host_selection_retry_max_attempts: noEffect("an endpoint that was not tried is found at once"),
});
const mirrors = list(
  message({
    cluster: required(text),
    runtime_fraction: runtimePercent,
    trace_sampled: later("sampling of mirrored requests"),
    disable_shadow_host_suffix_append: noEffect("the suffix is never appended"),
  }),
);
const action = message(
  {
    cluster: text,
    weighted_clusters: message({
      clusters: required(list(weighted)),
      total_weight: noEffect("the sum of the weights counts"),
      runtime_key_prefix: noEffect("there is no runtime layer: the weights count"),
    }),
    cluster_header: refused("write a route for each cluster, matching the header"),
    cluster_not_found_response_code: oneOf("SERVICE_UNAVAILABLE", "NOT_FOUND", "INTERNAL_SERVER_ERROR"),
    prefix_rewrite: text,
    regex_rewrite: message({ pattern: required(regex), substitution: text }),
    host_rewrite_literal: text,
    auto_host_rewrite: flag,
    append_x_forwarded_host: flag,
    timeout: duration,
    idle_timeout: duration,
    max_grpc_timeout: duration,
    grpc_timeout_offset: duration,
    max_stream_duration: message({
      max_stream_duration: duration,
      grpc_timeout_header_max: duration,
      grpc_timeout_header_offset: duration,
    }),
    retry_policy: retry,
    request_mirror_policies: mirrors,
    hash_policy: list(
      message(
        {
          header: message({ header_name: required(text) }),
          cookie: message({ name: required(text), path: text, ttl: later("making cookies for balancing") }),
          connection_properties: message({ source_ip: flag }),
          query_parameter: message({ name: required(text) }),
        },
        ["header", "cookie", "connection_properties", "query_parameter"],
      ),
    ),
    priority: oneOf("DEFAULT"),
    upgrade_configs: list(message({ ...upgrade, connect_config: message({}) })),
    metadata_match: refused("there are no subsets of endpoints; make each a cluster of its own"),
    rate_limits: refused("there are no rate limits yet"),
  },
  ["cluster", "weighted_clusters"],
  [
    ["host_rewrite_literal", "auto_host_rewrite"],
    ["prefix_rewrite", "regex_rewrite"],
  ],
);

const headerMatches = [
  "string_match",
  "present_match",
  "exact_match",
  "prefix_match",
  "suffix_match",
  "contains_match",
  "safe_regex_match",
];
const match = message(
  {
    prefix: text,
    path: text,
    safe_regex: regex,
    path_separated_prefix: text,
    connect_matcher: message({}),
    case_sensitive: flag,
    runtime_fraction: runtimePercent,
    headers: list(
      message(
        {
          name: required(text),
          string_match: stringMatcher,
          present_match: flag,
          exact_match: text,
          prefix_match: text,
          suffix_match: text,
          contains_match: text,
          safe_regex_match: regex,
          invert_match: flag,
          treat_missing_header_as_empty: flag,
        },
        [],
        [headerMatches],
      ),
    ),
    query_parameters: list(
      message(
        { name: required(text), string_match: stringMatcher, present_match: flag },
        [],
        [["string_match", "present_match"]],
      ),
    ),
  },
  ["prefix", "path", "safe_regex", "path_separated_prefix", "connect_matcher"],
);

export const route = message(
  {
    name: text,
    match: required(match),
    route: action,
    redirect: message(
      {
        https_redirect: flag,
        scheme_redirect: text,
        host_redirect: text,
        port_redirect: whole(0, 65_535),
        path_redirect: text,
        prefix_rewrite: text,
        response_code: oneOf("MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"),
        strip_query: flag,
      },
      [],
      [
        ["https_redirect", "scheme_redirect"],
        ["path_redirect", "prefix_rewrite"],
      ],
    ),
    direct_response: message({
      status: required(whole(200, 599)),
      body: message({ inline_string: text, inline_bytes: text }, ["inline_string", "inline_bytes"]),
    }),
    metadata,
    decorator: message({
      operation: required(text),
      propagate: only([true], "the operation is told to whoever is outside of the mesh"),
    }),
    ...headerFields,
    typed_per_filter_config: filterConfigs,
    stat_prefix: names,
    tracing: refused("there are no traces yet"),
  },
  ["route", "redirect", "direct_response"],
);

export const virtualHost = message({
  name: required(text),
  domains: required(list(text)),
  routes: list(route),
  require_tls: oneOf("NONE", "EXTERNAL_ONLY", "ALL"),
  include_request_attempt_count: flag,
  ...headerFields,
  retry_policy: retry,
  request_mirror_policies: mirrors,
  typed_per_filter_config: filterConfigs,
  metadata,
  virtual_clusters: noEffect("requests are not counted by patterns of paths"),
  rate_limits: refused("there are no rate limits yet"),
});

export const routeShape = message({
  name: text,
  virtual_hosts: list(virtualHost),
  validate_clusters: flag,
  ignore_port_in_host_matching: flag,
  ...headerFields,
  request_mirror_policies: mirrors,
  typed_per_filter_config: filterConfigs,
  metadata,
  most_specific_header_mutations_wins: only([false], "a virtual host's headers are set after those of its routes"),
  max_direct_response_body_size_bytes: noEffect("a body may be as long as it is written"),
});
