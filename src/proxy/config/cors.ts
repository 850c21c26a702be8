// On the path of cross-origin requests.
import { fieldValue } from "../../wire/index.ts";
import type { CorsPolicy } from "../../xds/index.ts";
import type { CorsRules } from "./contract.ts";
import { stringTest } from "./pattern.ts";
import { runtimeShare } from "./percent.ts";
import { onTheWire } from "./wire-text.ts";

/** What a browser from another origin is told. The allowed origin is echoed, never `*`. */
export function corsRules(policy: CorsPolicy): CorsRules | undefined {
  if (runtimeShare(policy.filter_enabled) === 0) return undefined;
  const origins = (policy.allow_origin_string_match ?? []).map((matcher) =>
    matcher.exact === "*" ? () => true : stringTest(matcher),
  );
  const credentials = policy.allow_credentials ? ["access-control-allow-credentials", "true"] : [];
  const preflightFields = [...credentials, ...field("allow-methods", policy.allow_methods)];
  preflightFields.push(...field("allow-headers", policy.allow_headers), ...field("max-age", policy.max_age));
  const answerFields = [...credentials, ...field("expose-headers", policy.expose_headers)];
  return {
    forwardUnmatchedPreflights: policy.forward_not_matching_preflights ?? true,
    evaluate(head) {
      const origin = fieldValue(head.headers, "origin");
      if (!origin || !origins.some((allows) => allows(origin))) return undefined;
      const preflight = head.method === "OPTIONS" && Boolean(fieldValue(head.headers, "access-control-request-method"));
      const rest = preflight ? preflightFields : answerFields;
      return { preflight, headers: ["access-control-allow-origin", origin, ...rest] };
    },
  };
}

function field(name: string, value: string | undefined): string[] {
  return value ? [`access-control-${name}`, onTheWire(value)] : [];
}
