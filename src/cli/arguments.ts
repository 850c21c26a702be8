import { closest } from "../base/index.ts";
import { parseArgs } from "node:util";
import type { Terminal } from "./terminal.ts";
import { type Call, Misuse, type Option, type Verb } from "./verb.ts";

/** Options every verb has. */
export const everywhere: Readonly<Record<string, Option>> = {
  "data-dir": {
    type: "string",
    value: "FOLDER",
    summary: "where the mesh keeps everything (default .weft, or $WEFT_DATA_DIR)",
  },
  help: { type: "boolean", short: "h", summary: "this text" },
};

/** Reads what stands after the verb. A Misuse says what is wrong with it. */
export function readArguments(name: string, verb: Verb, args: readonly string[], terminal: Terminal): Call {
  const options = { ...verb.options, ...everywhere };
  const values = new Map<string, string[]>();
  const operands: string[] = [];
  const seeHelp = `\`weft ${name} --help\` shows what there is`;
  for (const token of parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      operands.push(token.value);
      continue;
    }
    const { rawName } = token;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) {
      const meant = rawName.startsWith("--") ? closest(token.name, Object.keys(options)) : undefined;
      throw new Misuse(
        `weft ${name} has no option ${rawName}`,
        meant === undefined ? seeHelp : `did you mean --${meant}?`,
      );
    }
    values.set(token.name, [...(values.get(token.name) ?? []), valueOf(option, token)]);
  }
  checkCount(name, verb, operands);
  return {
    terminal,
    operands,
    flag: (option) => values.has(option),
    value: (option) => values.get(option)?.at(-1),
    values: (option) => values.get(option) ?? [],
    dataDir: values.get("data-dir")?.at(-1) ?? (terminal.env["WEFT_DATA_DIR"] || ".weft"),
  };
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function valueOf(option: Option, { rawName, value, inlineValue }: OptionToken): string {
  if (option.type === "boolean") {
    if (value !== undefined) throw new Misuse(`${rawName} takes no value`);
    return "true";
  }
  const wants = `${rawName} needs a value: ${rawName} ${option.value ?? "VALUE"}`;
  if (value === undefined) throw new Misuse(wants);
  if (!inlineValue && value.startsWith("-") && value !== "-") {
    throw new Misuse(wants, `write ${rawName}=${value} if ${value} is meant to be it`);
  }
  // `-o=yaml` is what kubectl takes as well as `-oyaml`.
  const given = inlineValue && !rawName.startsWith("--") && value.startsWith("=") ? value.slice(1) : value;
  if (given === "") throw new Misuse(wants);
  if (option.choices && !option.choices.includes(given)) {
    const meant = closest(given, option.choices);
    const all = `one of ${option.choices.join(", ")}`;
    throw new Misuse(
      `${rawName} ${given}: there is no such choice; ${all}`,
      meant === undefined ? undefined : `did you mean ${meant}?`,
    );
  }
  return given;
}

function checkCount(name: string, { operands: [least, most] = [0, 0], usage }: Verb, operands: readonly string[]) {
  if (operands.length < least) throw new Misuse(`weft ${name} needs more: weft ${name} ${usage}`);
  const extra = operands[most];
  if (extra !== undefined) throw new Misuse(`"${extra}" is one too many: weft ${name} ${usage}`);
}

/** A whole number out of a range. */
export function numberOf(call: Call, option: string, [least, most]: readonly [number, number]): number | undefined {
  const text = call.value(option);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`;
    throw new Misuse(`--${option} ${text}: a whole number ${range} is wanted`);
  }
  return number;
}
