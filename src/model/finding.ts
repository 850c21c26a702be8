import type { Position } from "../base/index.ts";
import { type Path, pathText, type Positions } from "../documents/index.ts";

export { type Path, pathText, type Positions };

/** One thing that is wrong, or worth knowing, with its place. */
export interface Finding {
  readonly severity: "error" | "warning";
  /** Stable; programs may match it. */
  readonly code: string;
  /** `spec.http[0].route[1].destination.subset`; empty for the whole object. */
  readonly path: string;
  /** What was found and what would be right. */
  readonly message: string;
  readonly remedy?: string;
  readonly at?: Position;
}

/** One line for people: `file:line:column: error: path: message`. */
export function findingText(finding: Finding): string {
  const where = finding.at ? `${finding.at.file}:${finding.at.line}:${finding.at.column}: ` : "";
  const path = finding.path === "" ? "" : `${finding.path}: `;
  return `${where}${finding.severity}: ${path}${finding.message}${finding.remedy ? `\n  ${finding.remedy}` : ""}`;
}

interface ReportOptions {
  readonly remedy?: string | undefined;
  readonly severity?: "error" | "warning";
  /** Point at the key instead of the value. */
  readonly key?: boolean;
}

/** Gathers findings about one object. */
export class Report {
  readonly findings: Finding[] = [];
  readonly #positions: Positions | undefined;
  #basis = 0;

  constructor(positions?: Positions) {
    this.#positions = positions;
  }

  /** The file the object stands in. */
  get file(): string | undefined {
    return this.#positions?.value([]).file;
  }

  add(path: Path, code: string, message: string, options: ReportOptions = {}): void {
    if (this.#isConsequence(path, options)) return;
    const at = options.key ? this.#positions?.key(path) : this.#positions?.value(path);
    this.findings.push({
      severity: options.severity ?? "error",
      code,
      path: pathText(path),
      message,
      ...(options.remedy === undefined ? {} : { remedy: options.remedy }),
      ...(at === undefined ? {} : { at }),
    });
  }

  /** From now on an error about a value is left out where something at or under its path is already known to be wrong. */
  onlyCauses(): void {
    this.#basis = this.findings.length;
  }

  #isConsequence(path: Path, { severity = "error" }: ReportOptions): boolean {
    if (severity === "warning" || path.length < 2) return false;
    const text = pathText(path);
    return this.findings
      .slice(0, this.#basis)
      .filter(({ code }) => code !== "unknown-field")
      .some((cause) => cause.path === text || cause.path.startsWith(`${text}.`) || cause.path.startsWith(`${text}[`));
  }

  /** `Invalid value: "x": why`, as Kubernetes says it. */
  invalid(path: Path, value: unknown, why: string, remedy?: string): void {
    this.add(path, "invalid-value", `Invalid value: ${shown(value)}: ${why}`, { remedy });
  }

  required(path: Path, why = ""): void {
    this.add(path, "required", `Required value${why === "" ? "" : `: ${why}`}`);
  }

  duplicate(path: Path, value: unknown): void {
    this.add(path, "duplicate", `Duplicate value: ${shown(value)}`);
  }

  forbidden(path: Path, why: string): void {
    this.add(path, "forbidden", `Forbidden: ${why}`);
  }

  warn(path: Path, code: string, message: string, remedy?: string): void {
    this.add(path, code, message, { severity: "warning", remedy });
  }
}

/** A value as a message shows it: JSON, cut when long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
