import { everywhere } from "./arguments.ts";
import type { Paint } from "./terminal.ts";
import type { Option, Verb } from "./verb.ts";
import type { VerbName } from "./verbs.ts";

export interface NamedVerb {
  readonly name: string;
  readonly summary: string;
}

/** What `weft --help` says. */
export function overview(verbs: readonly NamedVerb[], paint: Paint): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  const rows = verbs.map(({ name, summary }) => `  ${paint("bold", name.padEnd(width))}  ${summary}\n`).join("");
  return `Weft runs Kubernetes and Istio YAML as a service mesh on this machine, with no cluster.

${paint("bold", "weft VERB …")}
${rows}
${paint("bold", "Begin with")}
  weft up samples/bookinfo     run the sample and wait until it is ready
  weft get pods                see what runs; kubectl works too
  weft VERB --help             options and examples of one verb
  weft --version               which Weft this is
`;
}

/** What `weft VERB --help` says. */
export function helpOf(name: VerbName, summary: string, verb: Verb, paint: Paint): string {
  const options = Object.entries({ ...verb.options, ...everywhere }).map(
    ([option, row]) => [written(option, row), summaryOf(row)] as const,
  );
  const examples = verb.examples.map(({ line, says }) => [line, says] as const);
  return [
    `${paint("bold", `weft ${name}${verb.usage === "" ? "" : ` ${verb.usage}`}`)}\n  ${summary}\n`,
    ...(verb.text === undefined ? [] : [`${verb.text}\n`]),
    `${paint("bold", "Options")}\n${inTwo(options)}`,
    `${paint("bold", examples.length > 1 ? "Examples" : "Example")}\n${inTwo(examples)}`,
  ].join("\n");
}

function written(name: string, { short, value, type }: Option): string {
  const text = `${short === undefined ? "    " : `-${short}, `}--${name}`;
  return type === "string" ? `${text} ${value ?? "VALUE"}` : text;
}

function summaryOf({ summary, choices }: Option): string {
  return choices ? `${summary}: ${choices.join(", ")}` : summary;
}

function inTwo(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}
