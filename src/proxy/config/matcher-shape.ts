import { flag, message, noEffect, required, text } from "./shape.ts";

export const regex = message({ regex: required(text), google_re2: noEffect("RE2 is the only engine") });

export const stringMatcher = message(
  { exact: text, prefix: text, suffix: text, contains: text, safe_regex: regex, ignore_case: flag },
  ["exact", "prefix", "suffix", "contains", "safe_regex"],
);
