import { readFileSync } from "node:fs";
import { codeOf, explain, Fault } from "../base/index.ts";
import type { Bootstrap, BootstrapFault, ReadBootstrap } from "../app/index.ts";
import { plural } from "./findings.ts";
import { harmless, painter, type Terminal } from "./terminal.ts";

export interface Reading {
  readonly bootstrap: Bootstrap;
  /** All that is wrong, for people; empty: nothing. */
  readonly faults: string;
}

/** A bootstrap on disk, or from standard input, which can be read once only. */
export class BootstrapFile {
  readonly path: string;
  readonly #terminal: Terminal;
  readonly #check: ReadBootstrap;
  #text: string | undefined;

  constructor(path: string, terminal: Terminal, check: ReadBootstrap) {
    this.path = path;
    this.#terminal = terminal;
    this.#check = check;
  }

  get rereadable(): boolean {
    return this.path !== "-";
  }

  get name(): string {
    return this.rereadable ? this.path : "stdin";
  }

  /** Whether the file says something else than when it was read. */
  hasChanged(): boolean {
    try {
      return readFileSync(this.path, "utf8") !== this.#text;
    } catch {
      // Between the removal and the return of a file there is nothing to take.
      return false;
    }
  }

  async read(): Promise<Reading> {
    const text = this.rereadable ? textOf(this.path) : await this.#terminal.input();
    this.#text = text;
    const { bootstrap, faults } = await this.#check(text, this.name);
    if (faults.length === 0) return { bootstrap, faults: "" };
    const lines = faults.map((fault) => this.#line(fault)).join("");
    return { bootstrap, faults: `${lines}weft: ${plural(faults.length, "error")} in ${this.name}\n` };
  }

  #line({ at, path, message, remedy }: BootstrapFault): string {
    const error = painter(this.#terminal.colours)("red", "error:");
    const where = `${at.file}:${at.line}:${at.column}: ${error} ${harmless(path === "" ? "" : `${path}: `)}`;
    return `${where}${harmless(message)}\n${remedy === undefined ? "" : `  ${harmless(remedy)}\n`}`;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; paths begin at the folder you are in",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Fault("unreadable", `cannot read ${path}: ${reasons[codeOf(error) ?? ""] ?? explain(error)}`, {
      cause: error,
    });
  }
}
