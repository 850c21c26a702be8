import { RE2JS } from "re2js";
import { parseDuration, parseQuantity } from "./amount.ts";
import { isDnsLabel, isDnsSubdomain, isDomain, isIp, isLabelKey, isLabelValue } from "./names.ts";
import type { Format } from "./schema/build.ts";

/** Why RE2 refuses an expression; undefined if it does not. */
function regexProblem(pattern: string): string | undefined {
  // Istio takes a lone star as a test of presence.
  if (pattern === "*") return undefined;
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const rfc1123 = "lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";

/** What is wrong with a string of a format, in the words that follow "Invalid value: …"; undefined if nothing is. */
export const formatProblem: Readonly<Record<Format, (value: string) => string | undefined>> = {
  byte: (value) =>
    value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value.replaceAll(/\s/g, "")) ? undefined : "must be base64",
  "date-time": (value) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
      ? undefined
      : "must be a time such as 2026-01-31T12:00:00Z",
  "dns-label": (value) =>
    isDnsLabel(value) ? undefined : `a lowercase RFC 1123 label must consist of ${rfc1123}, at most 63 characters`,
  "dns-subdomain": (value) =>
    isDnsSubdomain(value)
      ? undefined
      : `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character, at most 253 characters`,
  duration: (value) => durationProblem(value, false),
  "duration-or-zero": (value) => durationProblem(value, true),
  "env-name": (value) =>
    /^[^=\0]+$/.test(value) ? undefined : "a valid environment variable name must not be empty or contain '='",
  host: (value) =>
    value === "*" || isIp(value) || isDomain(value.replace(/^\*\./, "")) ? undefined : "must be a domain name",
  ip: (value) => (isIp(value) ? undefined : "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
  "label-key": (value) =>
    isLabelKey(value)
      ? undefined
      : "name part must consist of alphanumeric characters, '-', '_' or '.', at most 63, after an optional DNS subdomain and '/'",
  "label-value": (value) =>
    isLabelValue(value)
      ? undefined
      : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character, at most 63 characters",
  "port-name": (value) =>
    value.length <= 15 && isDnsLabel(value) && /[a-z]/.test(value) && !value.includes("--")
      ? undefined
      : "must be at most 15 lower case alphanumeric characters or '-', with at least one letter",
  quantity: (value) =>
    parseQuantity(value) === undefined
      ? "quantities must be a number with an optional suffix, such as 250m, 1.5, 64Mi or 2G"
      : undefined,
  regex: (value) => {
    const problem = regexProblem(value);
    return problem === undefined ? undefined : `not an RE2 regular expression: ${problem}`;
  },
};

function durationProblem(value: string, zero: boolean): string | undefined {
  const parsed = parseDuration(value);
  if (parsed === undefined) return "must be a duration such as 500ms, 1.5s or 1h30m";
  if (zero && parsed === 0) return undefined;
  return parsed < 1 ? "duration must be at least 1ms" : undefined;
}
