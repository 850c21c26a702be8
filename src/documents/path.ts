import type { Position } from "../base/index.ts";

/** The way to a value: field names and indices. */
export type Path = readonly (string | number)[];

/** Where the values of one document, or of a part of it, stand in their file. */
export interface Positions {
  /** Of the value at a path, or of the nearest thing around it that exists. */
  value(path: Path): Position;
  /** Of the key that leads to it. */
  key(path: Path): Position;
}

/** `spec.http[0].match`; a key that is no plain name stands in brackets. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w$-]+$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${step}]`;
  }
  return text;
}
