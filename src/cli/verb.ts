import { Fault } from "../base/index.ts";
import type { Terminal } from "./terminal.ts";

/** An option of a verb, as `--help` shows it and as it is read. */
export interface Option {
  readonly type: "boolean" | "string";
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in help: `PATH`. */
  readonly value?: string;
  readonly summary: string;
  /** The only values there are. */
  readonly choices?: readonly string[];
}

interface Example {
  readonly line: string;
  readonly says: string;
}

/** What was written after the verb. */
export interface Call {
  readonly terminal: Terminal;
  readonly operands: readonly string[];
  /** Whether a boolean option was given. */
  readonly flag: (name: string) => boolean;
  /** The (last) value of a string option. */
  readonly value: (name: string) => string | undefined;
  readonly values: (name: string) => readonly string[];
  /** The folder of the mesh this is about. */
  readonly dataDir: string;
}

export interface Verb {
  /** Without the program and the verb: `KIND [NAME…]`. */
  readonly usage: string;
  readonly text?: string;
  /** How many operands there may be; default none. */
  readonly operands?: readonly [least: number, most: number];
  readonly options: Readonly<Record<string, Option>>;
  readonly examples: readonly Example[];
  /** The exit code: 0 fine, 1 failed. */
  run(call: Call): Promise<number>;
}

/** What was typed is wrong; the program ends with 2. */
export class Misuse extends Fault {
  constructor(message: string, remedy?: string) {
    super("usage", message, remedy === undefined ? {} : { remedy });
    this.name = "Misuse";
  }
}
