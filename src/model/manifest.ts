import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from "yaml";
import type { Position } from "../base/index.ts";
import { type Finding, type Path, pathText, type Positions } from "./finding.ts";
import type { KubeObject } from "./object.ts";

/** An object and where it stands. */
export interface LocatedObject {
  readonly object: KubeObject;
  readonly file: string;
  /** Of the object's beginning. */
  readonly at: Position;
  readonly positions: Positions;
}

export interface Manifests {
  readonly objects: LocatedObject[];
  readonly findings: Finding[];
}

/** Aliases one document may expand; more is an attack or a mistake. */
const maxAliases = 1000;
/** Maps and lists inside each other. */
const maxDepth = 100;
/** Characters of one file. */
const maxLength = 10 * 1024 * 1024;
/** Syntax errors of one document that are told; one mistake often makes many. */
const maxSyntaxErrors = 5;

/**
 * Reads YAML or JSON with any number of documents; Lists are flattened, empty documents skipped.
 * What cannot be read is a finding with its position; the rest is still read.
 */
export function readManifests(text: string, file: string): Manifests {
  const objects: LocatedObject[] = [];
  const findings: Finding[] = [];
  if (text.length > maxLength) {
    const message = `${(text.length / 1024 / 1024).toFixed(1)} MB; files up to ${maxLength / 1024 / 1024} MB are read`;
    findings.push({ severity: "error", code: "too-large", path: "", message, at: { file, line: 1, column: 1 } });
    return { objects, findings };
  }
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  // Kubernetes reads YAML 1.1 (`0644` is octal, `yes` is true), but has no dates, times, sets or binaries.
  const documents = parseAllDocuments(text.replace(/^\uFEFF/, ""), {
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
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const error of firstOfEachPlace(document.errors).slice(0, maxSyntaxErrors)) {
      const code = error.code === "DUPLICATE_KEY" ? "duplicate-key" : "yaml-syntax";
      findings.push({
        severity: "error",
        code,
        path: "",
        message: syntaxMessage(error.code, error.message),
        at: position(error.pos[0]),
      });
      if (tooDeep(error.message)) break;
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: maxAliases });
      checkShape(value);
    } catch (error) {
      findings.push({
        severity: "error",
        code: "yaml-aliases",
        path: "",
        message: aliasMessage(error instanceof Error ? error.message : String(error)),
        at: position(unresolvedAlias(document) ?? document.range[0]),
      });
      continue;
    }
    if (value === null || value === undefined) continue;
    collect(value, [], { document, position, file, objects, findings });
  }
  return { objects, findings };
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

interface Reading {
  readonly document: Document.Parsed;
  readonly position: (offset: number) => Position;
  readonly file: string;
  readonly objects: LocatedObject[];
  readonly findings: Finding[];
}

function collect(value: unknown, prefix: Path, reading: Reading): void {
  const positions = locator(reading.document, reading.position, prefix);
  const at = positions.value([]);
  const refuse = (message: string) =>
    reading.findings.push({ severity: "error", code: "not-an-object", path: pathText(prefix), message, at });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(
      `this is ${Array.isArray(value) ? "a list" : `the ${typeof value} ${JSON.stringify(value)}`}, not a Kubernetes object`,
    );
    return;
  }
  const { apiVersion, kind } = value as Readonly<Record<string, unknown>>;
  const items: unknown = "items" in value ? value.items : undefined;
  if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) {
    for (const [index, item] of items.entries()) collect(item, [...prefix, "items", index], reading);
    return;
  }
  const missing = [
    ...(typeof apiVersion === "string" && apiVersion !== "" ? [] : ["apiVersion"]),
    ...(typeof kind === "string" && kind !== "" ? [] : ["kind"]),
  ];
  if (missing.length > 0) {
    refuse(
      `${missing.join(" and ")} not set; every object begins with both, for example \`apiVersion: v1\` and \`kind: Service\``,
    );
    return;
  }
  const object = value as KubeObject;
  if (typeof object.metadata !== "object" || object.metadata === null || Array.isArray(object.metadata)) {
    refuse("metadata is missing; an object needs at least metadata.name");
    return;
  }
  reading.objects.push({ object, file: reading.file, at, positions });
}

function locator(document: Document.Parsed, position: (offset: number) => Position, prefix: Path): Positions {
  const find = (path: Path, wantKey: boolean): Position => {
    let node: Node | null | undefined = document.contents;
    let offset = node?.range?.[0] ?? 0;
    const steps = [...prefix, ...path];
    for (const [index, step] of steps.entries()) {
      const found = child(node, step, document);
      if (!found) break;
      node = found.value;
      offset =
        wantKey && index === steps.length - 1 ? (found.key ?? offset) : (node?.range?.[0] ?? found.key ?? offset);
    }
    return position(offset);
  };
  return { value: (path) => find(path, false), key: (path) => find(path, true) };
}

interface Child {
  readonly key: number | undefined;
  readonly value: Node | null;
}

/** The library reads `<<` as a symbol. */
const isMergeKey = (key: Node): boolean => isScalar(key) && key.source === "<<";

function child(parent: Node | null | undefined, step: string | number, document: Document.Parsed): Child | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node) && typeof step === "number") {
    const item = node.items[step];
    return isNode(item) ? { key: item.range?.[0], value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  let merged: Child | undefined;
  for (const pair of node.items) {
    if (!isPair(pair) || !isNode(pair.key)) continue;
    const name = String(pair.key);
    const value = isNode(pair.value) ? pair.value : null;
    if (name === String(step)) return { key: pair.key.range?.[0], value };
    if (isMergeKey(pair.key)) {
      const target = isAlias(value) ? value.resolve(document) : value;
      for (const source of isSeq(target) ? target.items : [target])
        if (isNode(source)) merged ??= child(source, step, document);
    }
  }
  return merged;
}
