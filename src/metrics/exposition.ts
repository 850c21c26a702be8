import { Histogram, type Family, type Registry } from "./registry.ts";

/** The value of one label of a series; undefined when the metric has no such label. */
export type LabelOf = (label: string) => string | undefined;

export interface ExpositionOptions {
  readonly format?: "prometheus" | "openmetrics";
  /** Which series to show; all by default. */
  readonly only?: (label: LabelOf, family: Family) => boolean;
}

export const contentTypes = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;

/** The format an Accept header asks for: OpenMetrics only when named, and not below plain text. */
export function formatFor(accept: string | undefined): "prometheus" | "openmetrics" {
  let best = { format: "prometheus" as "prometheus" | "openmetrics", quality: -1 };
  for (const part of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    const stated = parameters.find((parameter) => parameter.startsWith("q="));
    const quality = stated ? Number(stated.slice(2)) || 0 : 1;
    const format = type === "application/openmetrics-text" ? "openmetrics" : "prometheus";
    if (format === "openmetrics" && quality === 0) continue;
    if (quality > best.quality) best = { format, quality };
  }
  return best.format;
}

/** All series as text: Prometheus' format 0.0.4, or OpenMetrics 1.0 which ends in `# EOF`. */
export function expose(registries: readonly Registry[], options: ExpositionOptions = {}): string {
  const format = options.format ?? "prometheus";
  const lines: string[] = [];
  for (const registry of registries) {
    for (const family of registry.families()) exposeFamily(family, format, options.only, lines);
  }
  if (format === "openmetrics") lines.push("# EOF");
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function exposeFamily(
  family: Family,
  format: "prometheus" | "openmetrics",
  only: ExpositionOptions["only"],
  lines: string[],
): void {
  const body: string[] = [];
  for (const { values, series } of family) {
    if (only && !only((label) => values[family.labels.indexOf(label)], family)) continue;
    const labels = family.labels.map((label, index) => `${label}="${escapeValue(values[index] ?? "")}"`).join(",");
    if (series instanceof Histogram) exposeHistogram(family.name, labels, series, format, body);
    else body.push(`${family.name}${labels && `{${labels}}`} ${number(series.value)}`);
  }
  if (body.length === 0) return;
  // OpenMetrics names a counter's family without the suffix its samples have.
  const name = format === "openmetrics" && family.type === "counter" ? family.name.replace(/_total$/, "") : family.name;
  // Envoy's own counters lack that suffix, and would be no counters there.
  const type = format === "openmetrics" && family.type === "counter" && name === family.name ? "unknown" : family.type;
  lines.push(`# HELP ${name} ${escapeHelp(family.help, format)}`, `# TYPE ${name} ${type}`, ...body);
}

function exposeHistogram(
  name: string,
  labels: string,
  histogram: Histogram,
  format: "prometheus" | "openmetrics",
  body: string[],
): void {
  const lead = labels && `${labels},`;
  let total = 0;
  for (const [index, count] of histogram.counts.entries()) {
    total += count;
    const bound = histogram.bounds[index];
    body.push(`${name}_bucket{${lead}le="${bound === undefined ? "+Inf" : boundText(bound, format)}"} ${total}`);
  }
  const set = labels && `{${labels}}`;
  body.push(`${name}_sum${set} ${number(histogram.sum)}`, `${name}_count${set} ${histogram.count}`);
}

/** OpenMetrics writes whole bounds as floats (`1.0`). */
function boundText(bound: number, format: "prometheus" | "openmetrics"): string {
  return format === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeValue(text: string): string {
  return /[\\"\n]/.test(text) ? text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n") : text;
}

function escapeHelp(text: string, format: "prometheus" | "openmetrics"): string {
  const plain = text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
  return format === "openmetrics" ? plain.replace(/"/g, '\\"') : plain;
}
