// On the path of every request.
import { RE2JS } from "re2js";
import type { StringMatcher } from "../../xds/index.ts";

export type Test = (value: string) => boolean;

const meta = /[\\^$.|?*+()[\]{}]/;
const compiled = new Map<string, RE2JS>();
/** Patterns kept: users write tens, and a changing one must not grow the process for ever. */
const keptPatterns = 2000;

/** A linear-time pattern, compiled once; throws where RE2 would refuse it. */
export function pattern(source: string): RE2JS {
  let known = compiled.get(source);
  if (!known) {
    if (compiled.size >= keptPatterns) compiled.clear();
    known = RE2JS.compile(source);
    compiled.set(source, known);
  }
  return known;
}

/**
 * Whether a value matches the whole pattern. Patterns that are text with stars at their ends need no engine:
 * `.` is any character but a newline, which neither paths nor header values can hold.
 */
export function fullMatch(source: string): Test {
  const engine = pattern(source);
  const bare = source.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  if (!meta.test(bare)) return (value) => value === bare;
  const anyFirst = bare.startsWith(".*");
  const anyLast = bare.endsWith(".*") && (bare.length > 2 || !anyFirst);
  const middle = bare.slice(anyFirst ? 2 : 0, anyLast ? -2 : undefined);
  if (!meta.test(middle)) {
    if (middle === "") return () => true;
    if (anyFirst && anyLast) return (value) => value.includes(middle);
    if (anyFirst) return (value) => value.endsWith(middle);
    if (anyLast) return (value) => value.startsWith(middle);
  }
  return (value) => engine.matches(value);
}

/** A `StringMatcher` as a test. */
export function stringTest(matcher: StringMatcher): Test {
  const { exact, prefix, suffix, contains, safe_regex, ignore_case = false } = matcher;
  if (safe_regex !== undefined) return fullMatch(safe_regex.regex);
  const fold = ignore_case ? (text: string) => text.toLowerCase() : (text: string) => text;
  const make = (operand: string, test: (value: string, wanted: string) => boolean): Test => {
    const wanted = fold(operand);
    return ignore_case ? (value) => test(value.toLowerCase(), wanted) : (value) => test(value, wanted);
  };
  if (exact !== undefined) return make(exact, (value, wanted) => value === wanted);
  if (prefix !== undefined) return make(prefix, (value, wanted) => value.startsWith(wanted));
  if (suffix !== undefined) return make(suffix, (value, wanted) => value.endsWith(wanted));
  if (contains !== undefined) return make(contains, (value, wanted) => value.includes(wanted));
  return () => false;
}
