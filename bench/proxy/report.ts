/** What was measured, for people and for programs. */
import { median, subjectNames, titles, type Goal, type Measure, type SubjectName } from "./work.ts";

export interface Result {
  readonly title: string;
  readonly measures: readonly Measure[];
}

/** How far Weft is from a goal: a value of its own, or the median of its ratios in each round. */
export function reached(
  { values }: Measure,
  { is, times, value }: Goal,
): { readonly got: number; readonly met: boolean } {
  const own = values.weft ?? [];
  const other = times ? (values[times] ?? []) : undefined;
  const got = median(other ? own.map((each, round) => each / (other[round] ?? Number.NaN)) : own);
  return { got, met: is === "most" ? got <= value : got >= value };
}

export const head =
  "| work | measured | Weft | HAProxy | nginx | Envoy | goal | |\n|---|---|--:|--:|--:|--:|---|---|\n";

/** Lines of the table whose head stands above. */
export function rows({ title, measures }: Result): string {
  return measures
    .map((measure) => {
      const cells = subjectNames.map((name) => cell(measure, name));
      return `| ${[title, `${measure.what}, ${measure.unit}`, ...cells, ...goals(measure)].join(" | ")} |\n`;
    })
    .join("");
}

function cell({ values, absent }: Measure, name: SubjectName): string {
  const measured = values[name];
  if (measured) return precise(median(measured));
  return name === "weft" && absent[name] !== undefined ? "not yet" : "–";
}

function goals(measure: Measure): readonly [string, string] {
  const texts = measure.goals.map((goal) => {
    const { got, met } = reached(measure, goal);
    const sign = goal.is === "most" ? "≤" : "≥";
    const unit = goal.times ? ` × ${titles[goal.times]}` : ` ${measure.unit}`;
    const verdict = Number.isNaN(got) ? "" : `${precise(got)}${unit}${met ? "" : " (missed)"}`;
    return [`${sign} ${goal.value}${unit}`, verdict] as const;
  });
  return [
    texts.map(([goal]) => goal).join(", "),
    texts.flatMap(([, verdict]) => (verdict ? [verdict] : [])).join(", "),
  ];
}

/** Three figures are all that such a measurement is good for. */
const precise = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** Why somebody took no part. */
export function remarks(results: readonly Result[]): readonly string[] {
  const seen = new Set<string>();
  for (const { title, measures } of results) {
    for (const { absent } of measures) {
      for (const name of subjectNames) {
        if (absent[name] !== undefined) seen.add(`${titles[name]} in "${title}": ${absent[name]}`);
      }
    }
  }
  return [...seen];
}

export function asJson(results: readonly Result[]): object {
  return results.map(({ title, measures }) => ({
    title,
    measures: measures.map((measure) => ({
      ...measure,
      medians: Object.fromEntries(Object.entries(measure.values).map(([name, values]) => [name, median(values)])),
      goals: measure.goals.map((goal) => ({ ...goal, ...reached(measure, goal) })),
    })),
  }));
}
