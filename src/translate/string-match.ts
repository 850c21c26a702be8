import type { HttpMatch } from "../mesh/index.ts";
import type { StringMatch } from "../model/index.ts";
import type {
  FractionalPercent,
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch,
  StringMatcher,
} from "../xds/index.ts";

/** Undefined asks for presence only: nothing given, or the regex `*`. */
export function stringMatcher(match: StringMatch | undefined): StringMatcher | undefined {
  if (match?.exact !== undefined) return { exact: match.exact };
  if (match?.prefix !== undefined) return { prefix: match.prefix };
  if (match?.regex !== undefined && match.regex !== "*") return { safe_regex: { regex: match.regex } };
  return undefined;
}

/** Keys that mean the request's own parts and so are no headers. */
const ownParts = new Set(["uri", "scheme", "method", "authority"]);

/** The conditions on a request; what depends only on who asks is not among them. */
export function routeMatch(match: HttpMatch | undefined): RouteMatch {
  if (match === undefined) return { prefix: "/" };
  const headers = [
    ...Object.entries(match.headers ?? {})
      .filter(([name]) => !ownParts.has(name))
      .map(([name, value]) => headerMatcher(name, value)),
    ...Object.entries(match.withoutHeaders ?? {})
      .filter(([name]) => !ownParts.has(name))
      .map(([name, value]) => absenceMatcher(name, value)),
    ...(match.method === undefined ? [] : [headerMatcher(":method", match.method)]),
    ...(match.authority === undefined ? [] : [headerMatcher(":authority", match.authority)]),
    ...(match.scheme === undefined ? [] : [headerMatcher(":scheme", match.scheme)]),
  ];
  const parameters = Object.entries(match.queryParams ?? {}).map(([name, value]): QueryParameterMatcher => {
    const matcher = stringMatcher(value);
    return matcher === undefined ? { name, present_match: true } : { name, string_match: matcher };
  });
  return {
    ...pathMatch(match.uri),
    ...(match.ignoreUriCase === true && match.uri?.regex === undefined ? { case_sensitive: false } : {}),
    ...(headers.length === 0 ? {} : { headers }),
    ...(parameters.length === 0 ? {} : { query_parameters: parameters }),
  };
}

function pathMatch(uri: StringMatch | undefined): RouteMatch {
  if (uri?.exact !== undefined) return { path: uri.exact };
  if (uri?.regex !== undefined && uri.regex !== "*") return { safe_regex: { regex: uri.regex } };
  return { prefix: uri?.prefix ?? "/" };
}

function headerMatcher(name: string, match: StringMatch | undefined): HeaderMatcher {
  const matcher = stringMatcher(match);
  return matcher === undefined
    ? { name: name.toLowerCase(), present_match: true }
    : { name: name.toLowerCase(), string_match: matcher };
}

function absenceMatcher(name: string, match: StringMatch | undefined): HeaderMatcher {
  const matcher = headerMatcher(name, match);
  return matcher.present_match === true
    ? { ...matcher, invert_match: true }
    : { ...matcher, invert_match: true, treat_missing_header_as_empty: true };
}

/** Whether every request fits. */
export function matchesAll(match: RouteMatch): boolean {
  const anyPath = match.prefix === "/" || match.safe_regex?.regex === ".*";
  return anyPath && match.headers === undefined && match.query_parameters === undefined;
}

/** A percentage (0–100, fractions allowed) as Envoy counts it. */
export function fraction(percent: number): FractionalPercent {
  return { numerator: Math.round(percent * 10_000), denominator: "MILLION" };
}
