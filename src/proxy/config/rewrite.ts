// On the path of requests whose routes rewrite the path.
import type { RegexMatcher } from "../../xds/index.ts";
import type { RequestHead } from "./contract.ts";
import { pattern } from "./pattern.ts";
import { inTarget } from "./wire-text.ts";

export type Rewrite = (head: RequestHead) => string | undefined;

export const noRewrite: Rewrite = () => undefined;

/** Replaces the matched beginning of the path, or all of it after an exact or pattern match; the query stays. */
export function prefixRewrite(replacement: string, matched: (path: string) => number): Rewrite {
  const beginning = inTarget(replacement);
  return (head) => withQuery(beginning + head.path.slice(matched(head.path)), head);
}

/** Replaces every match in the path; the query stays. `\1` is a group, `\0` the whole match, `\\` a backslash. */
export function regexRewrite(matcher: RegexMatcher, substitution: string): Rewrite {
  const engine = pattern(matcher.regex);
  const parts = parseSubstitution(inTarget(substitution), engine.groupCount());
  return (head) => {
    const path = replaceAll(head.path, parts, engine);
    // As in Envoy: where nothing is left the path stays.
    return path === "" ? undefined : withQuery(path, head);
  };
}

/** A target begins with a slash, whatever a rewrite makes of it. */
function withQuery(path: string, head: RequestHead): string {
  const rooted = path.startsWith("/") ? path : `/${path}`;
  return head.query === "" ? rooted : `${rooted}?${head.query}`;
}

/** Text, and numbers of groups. Throws on an escape RE2 does not know and on groups the pattern does not have. */
function parseSubstitution(substitution: string, groups: number): (string | number)[] {
  const parts: (string | number)[] = [];
  for (const [piece] of substitution.matchAll(/\\[^]?|[^\\]+/g)) {
    if (!piece.startsWith("\\")) parts.push(piece);
    else if (piece === "\\\\") parts.push("\\");
    else if (/^\\\d$/.test(piece) && Number(piece[1]) <= groups) parts.push(Number(piece[1]));
    else throw new RangeError(`substitution "${substitution}": ${piece} names no group; the pattern has ${groups}`);
  }
  return parts;
}

function replaceAll(path: string, parts: readonly (string | number)[], engine: ReturnType<typeof pattern>): string {
  const matcher = engine.matcher(path);
  let result = "";
  let at = 0;
  while (matcher.find()) {
    result += path.slice(at, matcher.start());
    for (const part of parts) result += typeof part === "string" ? part : (matcher.group(part) ?? "");
    at = matcher.end();
  }
  return result + path.slice(at);
}
