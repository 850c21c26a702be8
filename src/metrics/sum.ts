/** Gauges that say what runs: 1 in every process, and 1 of all together. */
const telling = /_(?:build|info)$/;

/** Several expositions of the same program's processes as one: values of equal series are added, in the order first seen. */
export function sumExpositions(texts: readonly string[]): string {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return only;
  /** Metric → its lines of HELP and TYPE, and its series. */
  const families = new Map<string, { readonly heads: Set<string>; readonly series: Map<string, number> }>();
  let isOpenMetrics = false;
  for (const text of texts) {
    let family = "";
    for (const line of text.split("\n")) {
      if (line === "# EOF") isOpenMetrics = true;
      else if (line.startsWith("# ")) {
        family = line.split(" ", 3)[2] ?? "";
        familyOf(family).heads.add(line);
      } else if (line !== "") add(family, line);
    }
  }
  const lines = [...families.values()].flatMap(({ heads, series }) => [
    ...heads,
    ...[...series].map(([name, value]) => `${name} ${shown(value)}`),
  ]);
  if (isOpenMetrics) lines.push("# EOF");
  return lines.map((line) => `${line}\n`).join("");

  function familyOf(name: string) {
    const known = families.get(name) ?? { heads: new Set<string>(), series: new Map<string, number>() };
    families.set(name, known);
    return known;
  }

  function add(family: string, line: string): void {
    // Values have no spaces; label values may.
    const space = line.lastIndexOf(" ");
    const name = line.slice(0, space);
    const value = read(line.slice(space + 1));
    const { series } = familyOf(family);
    const before = series.get(name);
    const isTelling = telling.test(name.replace(/\{.*/, ""));
    series.set(name, before === undefined ? value : isTelling ? Math.max(before, value) : before + value);
  }
}

const read = (text: string) => (text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text));
const shown = (value: number) => (value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value));
