import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, type Node } from "yaml";
import type { Position } from "../base/index.ts";
import type { Path, Positions } from "./path.ts";

/** Finds what stands under `prefix` of a document. */
export function locator(document: Document.Parsed, position: (offset: number) => Position, prefix: Path): Positions {
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
