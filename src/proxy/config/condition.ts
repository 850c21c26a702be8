// On the path of every request.
import { fieldValue } from "../../wire/index.ts";
import type { HeaderMatcher, QueryParameterMatcher, StringMatcher } from "../../xds/index.ts";
import type { RequestHead } from "./contract.ts";
import { stringTest, type Test } from "./pattern.ts";

export type Condition = (head: RequestHead) => boolean;

/** Whether a field name as received is this lower-case one. */
function sameName(received: string | undefined, lower: string): boolean {
  return (
    received !== undefined &&
    received.length === lower.length &&
    (received === lower || received.toLowerCase() === lower)
  );
}

/** The request's own parts, which conditions name like header fields. */
const pseudo: Readonly<Record<string, (head: RequestHead) => string>> = {
  ":method": (head) => head.method,
  ":authority": (head) => head.authority,
  host: (head) => head.authority,
  ":scheme": (head) => head.scheme,
  ":path": pathAndQuery,
};

function pathAndQuery(head: RequestHead): string {
  return head.query === "" ? head.path : `${head.path}?${head.query}`;
}

/** The first value of a field or of a request's own part. */
export function requestValue(head: RequestHead, lower: string): string | undefined {
  const own = Object.hasOwn(pseudo, lower) ? pseudo[lower] : undefined;
  return own ? own(head) : fieldValue(head.headers, lower);
}

/**
 * A condition on a header. Of a repeated field one matching value is enough, each seen by itself; a missing field
 * never matches, inverted or not, unless it is to be taken as empty.
 */
export function headerCondition(matcher: HeaderMatcher): Condition {
  const name = matcher.name.toLowerCase();
  const invert = matcher.invert_match ?? false;
  const own = Object.hasOwn(pseudo, name) ? pseudo[name] : undefined;
  const wantedText = stringMatchOf(matcher);
  if (wantedText === undefined) {
    const wanted = (matcher.present_match ?? true) !== invert;
    return own ? () => wanted : (head) => (fieldValue(head.headers, name) !== undefined) === wanted;
  }
  const test = stringTest(wantedText);
  if (own) return (head) => test(own(head)) !== invert;
  const missing = matcher.treat_missing_header_as_empty ? test("") !== invert : false;
  return (head) => anyValue(head.headers, name, test, invert, missing);
}

/** What a value must be, in whichever form it is written; undefined: only presence counts. */
function stringMatchOf(matcher: HeaderMatcher): StringMatcher | undefined {
  const { string_match, exact_match, prefix_match, suffix_match, contains_match, safe_regex_match } = matcher;
  if (string_match) return string_match;
  if (exact_match !== undefined) return { exact: exact_match };
  if (prefix_match !== undefined) return { prefix: prefix_match };
  if (suffix_match !== undefined) return { suffix: suffix_match };
  if (contains_match !== undefined) return { contains: contains_match };
  return safe_regex_match && { safe_regex: safe_regex_match };
}

function anyValue(headers: readonly string[], name: string, test: Test, invert: boolean, missing: boolean): boolean {
  let seen = false;
  for (let index = 0; index < headers.length; index += 2) {
    if (!sameName(headers[index], name)) continue;
    if (test(headers[index + 1] ?? "")) return !invert;
    seen = true;
  }
  return seen ? invert : missing;
}

/** The first value of a query parameter, as sent; `?p` equals `?p=`. */
export function queryValue(query: string, name: string): string | undefined {
  let start = 0;
  while (start <= query.length) {
    const next = query.indexOf("&", start);
    const end = next === -1 ? query.length : next;
    if (query.startsWith(name, start)) {
      const after = start + name.length;
      if (after === end) return "";
      if (after < end && query[after] === "=") return query.slice(after + 1, end);
    }
    start = end + 1;
  }
  return undefined;
}

export function queryCondition(matcher: QueryParameterMatcher): Condition {
  const { name } = matcher;
  if (matcher.string_match === undefined) {
    const wanted = matcher.present_match ?? true;
    return (head) => (queryValue(head.query, name) !== undefined) === wanted;
  }
  const test = stringTest(matcher.string_match);
  return (head) => {
    const value = queryValue(head.query, name);
    return value !== undefined && test(value);
  };
}
