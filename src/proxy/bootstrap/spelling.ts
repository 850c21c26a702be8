import type { Path } from "../../documents/index.ts";
import type { Shape } from "../config/shape.ts";

/** A message in Weft's one spelling, and how each path of it is written in the file. */
export interface Spelt {
  readonly value: unknown;
  /** Paths as the check of shapes names them → as they stand in the file. */
  readonly written: ReadonlyMap<string, Path>;
  /** `path: what is wrong`. */
  readonly faults: readonly string[];
}

/**
 * Brings proto3 JSON into the form the rest of the proxy reads: proto field names instead of lowerCamelCase ones, numbers
 * instead of digits in quotes, values of enums as they are defined, no nulls, and a list for every repeated field that is absent. What fits no shape stays as it is.
 */
export function spell(shape: Shape, value: unknown): Spelt {
  const speller = new Speller();
  return { value: speller.any(shape, value, "", []), written: speller.written, faults: speller.faults };
}

class Speller {
  readonly written = new Map<string, Path>();
  readonly faults: string[] = [];

  any(shape: Shape | undefined, value: unknown, at: string, path: Path): unknown {
    this.written.set(at, path);
    if (!shape) return value;
    switch (shape.kind) {
      case "number":
        return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      case "one of": {
        // Envoy takes names of values in any case.
        const name = typeof value === "string" ? value.toUpperCase() : undefined;
        return shape.words.find((word) => word.toUpperCase() === name) ?? value;
      }
      case "list":
        if (!Array.isArray(value)) return value;
        return value.map((entry: unknown, index) => this.any(shape.of, entry, `${at}[${index}]`, [...path, index]));
      case "table":
        if (!isRecord(value)) return value;
        return Object.fromEntries(
          Object.entries(value).map(([key, entry]) => [
            key,
            this.any(shape.of, entry, `${at}[${key}]`, [...path, key]),
          ]),
        );
      case "typed": {
        const type = isRecord(value) ? value["@type"] : undefined;
        const known = typeof type === "string" && Object.hasOwn(shape.types, type) ? shape.types[type] : undefined;
        this.written.set(`${at}.@type`, [...path, "@type"]);
        if (!known || !isRecord(value)) return value;
        const { "@type": _, ...rest } = value;
        const spelt = this.any(known, rest, at, path);
        return isRecord(spelt) ? { "@type": type, ...spelt } : spelt;
      }
      case "message":
        return isRecord(value) ? this.#message(shape.fields, shape.exactlyOne, value, at, path) : value;
      case "text":
      case "flag":
      case "duration":
      case "any":
      case "only":
      case "no effect":
      case "refused":
        return value;
    }
  }

  #message(
    fields: Readonly<Record<string, Shape>>,
    exactlyOne: readonly string[],
    value: Readonly<Record<string, unknown>>,
    at: string,
    path: Path,
  ): Readonly<Record<string, unknown>> {
    const spelt: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      if (entry === null || entry === undefined) continue;
      const name = Object.hasOwn(fields, key) ? key : protoName(key, fields);
      const under = at === "" ? name : `${at}.${name}`;
      if (Object.hasOwn(spelt, name)) this.faults.push(`${under}: stands twice, under both of its spellings`);
      spelt[name] = this.any(Object.hasOwn(fields, name) ? fields[name] : undefined, entry, under, [...path, key]);
    }
    for (const [name, shape] of Object.entries(fields)) {
      if (shape.kind === "list" && !Object.hasOwn(spelt, name) && !exactlyOne.includes(name)) spelt[name] = [];
    }
    return spelt;
  }
}

/** `connectTimeout` → `connect_timeout`, where such a field is known; otherwise the key itself. */
function protoName(key: string, fields: Readonly<Record<string, Shape>>): string {
  const snake = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.hasOwn(fields, snake) ? snake : key;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
