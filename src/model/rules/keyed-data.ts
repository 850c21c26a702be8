import type { ConfigMap, Secret } from "../schema/core.ts";
import type { Rule } from "./rule.ts";

const mostLength = 253;
/** Kubernetes' limit for all values together. */
const mostBytes = 1_048_576;

/** Keys become names of files. */
export const keyedDataRule: Rule<ConfigMap & Secret> = (object, report) => {
  let bytes = 0;
  for (const field of ["data", "binaryData", "stringData"] as const) {
    for (const [key, value] of Object.entries(object[field] ?? {})) {
      bytes += typeof value === "string" ? value.length : 0;
      const problem = problemOf(key);
      if (problem === undefined) continue;
      report.add([field, key], "invalid-value", `Invalid value: ${JSON.stringify(key)}: ${problem}`, { key: true });
    }
  }
  if (bytes > mostBytes) report.invalid(["data"], `${bytes} bytes`, `must be at most ${mostBytes} bytes long`);
};

function problemOf(key: string): string | undefined {
  if (key.length > mostLength) return `must be no more than ${mostLength} characters`;
  if (key === "." || key === ".." || key.startsWith("..")) return "must not be '.' and must not begin with '..'";
  if (/^[-._a-zA-Z0-9]+$/.test(key)) return undefined;
  return "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
}
