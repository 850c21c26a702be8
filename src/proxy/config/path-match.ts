// On the path of every request.
import type { RouteMatch } from "../../xds/index.ts";
import { headerCondition, queryCondition, type Condition } from "./condition.ts";
import type { RequestHead } from "./contract.ts";
import { fullMatch, type Test } from "./pattern.ts";
import { runtimeShare } from "./percent.ts";

export interface CompiledMatch {
  readonly matches: (head: RequestHead, random: number) => boolean;
  /** Length of the path's beginning that a prefix rewrite replaces; the whole path for exact and pattern matches. */
  readonly matched: (path: string) => number;
}

export function compileMatch(match: RouteMatch): CompiledMatch {
  const test = pathTest(match);
  const connects = match.connect_matcher !== undefined;
  const conditions: Condition[] = [
    ...(match.headers ?? []).map(headerCondition),
    ...(match.query_parameters ?? []).map(queryCondition),
  ];
  const share = runtimeShare(match.runtime_fraction);
  const prefix = match.prefix ?? match.path_separated_prefix;
  return {
    matched: prefix === undefined ? (path) => path.length : () => prefix.length,
    matches(head, random) {
      if ((head.method === "CONNECT") !== connects || !test(head.path) || (share < 1 && random >= share)) return false;
      for (const condition of conditions) if (!condition(head)) return false;
      return true;
    },
  };
}

/** What Envoy takes as a prefix of whole segments. */
const segments = /^[^?#]+[^?#/]$/;

function pathTest(match: RouteMatch): Test {
  const { prefix, path, safe_regex, path_separated_prefix, case_sensitive = true } = match;
  // CONNECT has no path.
  if (match.connect_matcher) return () => true;
  if (safe_regex) return fullMatch(safe_regex.regex);
  if (path_separated_prefix !== undefined && !segments.test(path_separated_prefix)) {
    throw new RangeError("match.path_separated_prefix: it must be longer than / and not end in one");
  }
  if (!case_sensitive) {
    const wanted = (prefix ?? path ?? path_separated_prefix ?? "").toLowerCase();
    const test = exactOrPrefix(wanted, prefix !== undefined, path !== undefined);
    return (value) => test(value.toLowerCase());
  }
  if (prefix === "/" || prefix === "") return () => true;
  return exactOrPrefix(prefix ?? path ?? path_separated_prefix ?? "", prefix !== undefined, path !== undefined);
}

function exactOrPrefix(wanted: string, prefix: boolean, exact: boolean): Test {
  if (exact) return (value) => value === wanted;
  if (prefix) return (value) => value.startsWith(wanted);
  // Whole segments only: /shop matches /shop and /shop/cart, not /shopping.
  return (value) => value.startsWith(wanted) && (value.length === wanted.length || value[wanted.length] === "/");
}
