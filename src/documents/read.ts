import { type Document, LineCounter, parseAllDocuments, visit } from "yaml";
import type { Position } from "../base/index.ts";
import { locator } from "./locate.ts";
import type { Path, Positions } from "./path.ts";

/** One document that could be read and is not empty. */
export interface ReadDocument {
  readonly value: unknown;
  /** Of what stands under a path of the document. */
  positions(prefix: Path): Positions;
}

/** What cannot be read. */
interface Unreadable {
  readonly code: "too-large" | "duplicate-key" | "yaml-syntax" | "yaml-aliases";
  readonly message: string;
  readonly at: Position;
}

export interface Documents {
  readonly documents: readonly ReadDocument[];
  readonly faults: readonly Unreadable[];
}

/** Aliases one document may expand; more is an attack or a mistake. */
const maxAliases = 1000;
/** Maps and lists inside each other. */
const maxDepth = 100;
/** Characters of one file. */
const maxLength = 10 * 1024 * 1024;
/** Syntax errors of one document that are told; one mistake often makes many. */
const maxSyntaxErrors = 5;

/** Reads YAML or JSON with any number of documents. What cannot be read is told with its position; the rest is still read. */
export function readDocuments(text: string, file: string): Documents {
  const documents: ReadDocument[] = [];
  const faults: Unreadable[] = [];
  if (text.length > maxLength) {
    const message = `${(text.length / 1024 / 1024).toFixed(1)} MB; files up to ${maxLength / 1024 / 1024} MB are read`;
    faults.push({ code: "too-large", message, at: { file, line: 1, column: 1 } });
    return { documents, faults };
  }
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  // Kubernetes and Envoy read YAML 1.1 (`0644` is octal, `yes` is true), but have no dates, times, sets or binaries.
  const parsed = parseAllDocuments(text.replace(/^\uFEFF/, ""), {
    lineCounter: lines,
    version: "1.1",
    merge: true,
    prettyErrors: false,
    logLevel: "error",
    customTags: (tags) =>
      tags.filter(
        (tag) =>
          typeof tag === "string" || (tag.format !== "TIME" && !/:(timestamp|binary|omap|pairs|set)$/.test(tag.tag)),
      ),
  });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    for (const error of firstOfEachPlace(document.errors).slice(0, maxSyntaxErrors)) {
      const code = error.code === "DUPLICATE_KEY" ? "duplicate-key" : "yaml-syntax";
      faults.push({ code, message: syntaxMessage(error.code, error.message), at: position(error.pos[0]) });
      if (tooDeep(error.message)) break;
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: maxAliases });
      checkShape(value);
    } catch (error) {
      faults.push({
        code: "yaml-aliases",
        message: aliasMessage(error instanceof Error ? error.message : String(error)),
        at: position(unresolvedAlias(document) ?? document.range[0]),
      });
      continue;
    }
    if (value === null || value === undefined) continue;
    documents.push({ value, positions: (prefix) => locator(document, position, prefix) });
  }
  return { documents, faults };
}

/** The parser often says several things about one place; the first is the cause. */
function firstOfEachPlace<T extends { readonly pos: readonly [number, number] }>(errors: readonly T[]): T[] {
  return errors.filter(({ pos }, index) => errors.findIndex((other) => other.pos[0] === pos[0]) === index);
}

const tooDeep = (message: string) => message.startsWith("Maximum call stack");
const deepMessage = `maps and lists stand more than ${maxDepth} deep inside each other`;

/** Refuses what would send every later walk in circles or too deep. */
function checkShape(value: unknown, around: readonly unknown[] = [], seen = new Set()): void {
  if (typeof value !== "object" || value === null) return;
  if (around.includes(value)) throw new Error("an alias stands inside what it stands for");
  if (around.length >= maxDepth) throw new Error(deepMessage);
  if (seen.has(value)) return;
  seen.add(value);
  for (const item of Object.values(value)) checkShape(item, [...around, value], seen);
}

/** Where the first alias stands that no anchor before it explains. */
function unresolvedAlias(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}

function aliasMessage(message: string): string {
  if (message.startsWith("Excessive alias count")) return `its aliases stand for more than ${maxAliases} values`;
  if (message.startsWith("Unresolved alias"))
    return `no anchor before it has the name of the alias ${message.split(": ").at(-1)}`;
  return tooDeep(message) ? deepMessage : message;
}

function syntaxMessage(code: string, message: string): string {
  if (tooDeep(message)) return deepMessage;
  if (code === "DUPLICATE_KEY") return "the key stands twice in this map; only one can count";
  if (code === "TAB_AS_INDENT") return "a tab indents this line; YAML wants spaces";
  if (code === "BLOCK_AS_IMPLICIT_KEY" || code === "MULTILINE_IMPLICIT_KEY")
    return "a key stands inside a value; check the indentation of the next line, or quote the value if it holds `: `";
  return message;
}
