import type { Duration, filterTypes, FractionalPercent, RuntimeFractionalPercent, StringMatcher } from "./envoy.ts";

export interface HttpFault {
  readonly "@type": typeof filterTypes.fault;
  readonly delay?: { readonly fixed_delay: Duration; readonly percentage?: FractionalPercent };
  readonly abort?: {
    readonly http_status?: number;
    readonly grpc_status?: number;
    readonly percentage?: FractionalPercent;
  };
}

export interface CorsPolicy {
  readonly "@type": typeof filterTypes.corsPolicy;
  readonly allow_origin_string_match?: readonly StringMatcher[];
  readonly allow_methods?: string;
  readonly allow_headers?: string;
  readonly expose_headers?: string;
  readonly max_age?: string;
  readonly allow_credentials?: boolean;
  readonly forward_not_matching_preflights?: boolean;
  readonly filter_enabled?: RuntimeFractionalPercent;
}
