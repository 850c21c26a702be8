import { type Finding, findingText } from "../model/index.ts";
import { harmless, type Paint } from "./terminal.ts";

/** `file:line:column: error: path: message`, one finding after the other. */
export function findingsText(findings: readonly Finding[], paint: Paint): string {
  return findings
    .map((finding) => {
      const text = harmless(findingText(finding));
      const style = finding.severity === "error" ? "red" : "yellow";
      return `${text.replace(`${finding.severity}:`, paint(style, `${finding.severity}:`))}\n`;
    })
    .join("");
}

/** As they stand in their files, the files in the order given; what has no place comes first. */
export function byPlace(findings: readonly Finding[]): Finding[] {
  const files = [...new Set(findings.map(({ at }) => at?.file))];
  const rank = ({ at }: Finding) => (at ? files.indexOf(at.file) + 1 : 0);
  return findings.toSorted(
    (one, other) =>
      rank(one) - rank(other) ||
      (one.at?.line ?? 0) - (other.at?.line ?? 0) ||
      (one.at?.column ?? 0) - (other.at?.column ?? 0),
  );
}

/** `2 errors, 1 warning`; `no faults` when there are none. */
export function countText(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  const parts = [
    ...(errors > 0 ? [plural(errors, "error")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ];
  return parts.length > 0 ? parts.join(", ") : "no faults";
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
