import { closest } from "./closest.ts";
import { type Path, Report, shown } from "./finding.ts";
import { formatProblem } from "./formats.ts";
import type { SchemaNode } from "./schema/build.ts";

/**
 * Checks a value against a schema and reports all that is wrong.
 * Gives back a copy with everything of a wrong type left out, so that rules may read it without care.
 */
export function walk(schema: SchemaNode, value: unknown, path: Path, report: Report): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema["x-kubernetes-preserve-unknown-fields"]) return value;
  if (schema["x-kubernetes-int-or-string"]) return amount(schema, value, path, report);
  switch (schema.type) {
    case "object":
      return walkObject(schema, value, path, report);
    case "array":
      return walkArray(schema, value, path, report);
    case "string":
      return walkString(schema, value, path, report);
    case "integer":
    case "number":
      return walkNumber(schema, value, path, report);
    case "boolean":
      if (typeof value === "boolean") return value;
      wrongType(schema, value, path, report);
      return undefined;
    case undefined:
    default:
      return value;
  }
}

function walkObject(schema: SchemaNode, value: unknown, path: Path, report: Report): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    wrongType(schema, value, path, report);
    return undefined;
  }
  const fields = schema.properties;
  const result: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const field = fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field) {
      const checked = walk(field, item, [...path, name], report);
      if (checked !== undefined) result[name] = checked;
    } else if (typeof schema.additionalProperties === "object") {
      const checked = walk(
        schema.additionalProperties,
        item ?? emptyOf(schema.additionalProperties),
        [...path, name],
        report,
      );
      if (checked !== undefined) result[name] = checked;
    } else unknownField(name, Object.keys(fields ?? {}), [...path, name], report);
  }
  for (const name of schema.required ?? []) {
    const given: unknown = (value as Readonly<Record<string, unknown>>)[name];
    if (given === undefined || given === null)
      report.required([...path, name], fields?.[name]?.description?.replace(/\.$/, ""));
  }
  return result;
}

/** `key:` with nothing behind it, in a map of objects, means an empty one. */
const emptyOf = (schema: SchemaNode): unknown => (schema.type === "object" ? {} : undefined);

function unknownField(name: string, siblings: readonly string[], path: Path, report: Report): void {
  const meant = closest(name, siblings);
  const known = siblings.length > 0 && siblings.length <= 12 ? ` (fields here: ${siblings.join(", ")})` : "";
  report.add(path, "unknown-field", `unknown field "${name}"${meant ? `, did you mean \`${meant}\`?` : known}`, {
    key: true,
  });
}

function walkArray(schema: SchemaNode, value: unknown, path: Path, report: Report): unknown {
  if (!Array.isArray(value)) {
    wrongType(schema, value, path, report, "put `- ` before it to make a list");
    return undefined;
  }
  const items: SchemaNode = schema.items ?? {};
  if (value.length < (schema.minItems ?? 0)) report.required(path, `at least ${schema.minItems} needed`);
  return value.map((item: unknown, index) => {
    const here = [...path, index];
    if (item === null || item === undefined) report.invalid(here, null, `must be ${typeName(items)}, is empty`);
    // An element that is wrong leaves an empty one, so that the indices of the others stay.
    return walk(items, item, here, report) ?? (items.type === "object" ? {} : items.type === "string" ? "" : undefined);
  });
}

function walkString(schema: SchemaNode, value: unknown, path: Path, report: Report): unknown {
  if (typeof value !== "string") {
    if (schema.format?.startsWith("duration") && typeof value === "number") {
      const remedy = value === 0 ? undefined : `if seconds are meant, write ${value}s`;
      report.add(path, "wrong-type", `found the number ${value}, want a duration such as 500ms or 1.5s`, { remedy });
      return undefined;
    }
    const scalar = typeof value === "number" || typeof value === "boolean";
    wrongType(schema, value, path, report, scalar ? `put it in quotes: "${value}"` : undefined);
    return undefined;
  }
  if (schema.enum && !schema.enum.includes(value)) {
    const meant = closest(value, schema.enum);
    const supported = schema.enum.map((entry) => `"${entry}"`).join(", ");
    report.add(path, "not-supported", `Unsupported value: ${shown(value)}: supported values: ${supported}`, {
      remedy: meant ? `did you mean \`${meant}\`?` : undefined,
    });
    return undefined;
  }
  if (schema.format) {
    const problem = formatProblem[schema.format](value);
    if (problem !== undefined) report.invalid(path, value, problem);
  }
  return value;
}

function walkNumber(schema: SchemaNode, value: unknown, path: Path, report: Report): unknown {
  const whole = schema.type === "integer";
  if (typeof value !== "number" || !Number.isFinite(value) || (whole && !Number.isInteger(value))) {
    const quoted = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value);
    wrongType(schema, value, path, report, quoted ? `leave the quotes away: ${value}` : undefined);
    return undefined;
  }
  const { minimum, maximum } = schema;
  if ((minimum !== undefined && value < minimum) || (maximum !== undefined && value > maximum)) {
    const range =
      minimum !== undefined && maximum !== undefined
        ? `must be between ${minimum} and ${maximum}, inclusive`
        : minimum === undefined
          ? `must be less than or equal to ${maximum}`
          : `must be greater than or equal to ${minimum}`;
    report.invalid(path, value, range);
  }
  return value;
}

function amount(schema: SchemaNode, value: unknown, path: Path, report: Report): unknown {
  if (schema.format === "quantity") {
    if (typeof value === "number") return value;
    if (typeof value === "string") {
      const problem = formatProblem.quantity(value);
      if (problem !== undefined) report.invalid(path, value, problem);
      return value;
    }
    report.add(path, "wrong-type", `found ${found(value)}, want a quantity such as 250m or 1Gi`);
    return undefined;
  }
  if (typeof value === "string" || (typeof value === "number" && Number.isInteger(value))) return value;
  report.add(path, "wrong-type", `found ${found(value)}, want a whole number or a string`);
  return undefined;
}

function wrongType(schema: SchemaNode, value: unknown, path: Path, report: Report, remedy?: string): void {
  report.add(path, "wrong-type", `found ${found(value)}, want ${typeName(schema)}`, { remedy });
}

function found(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return `the ${typeof value} ${shown(value)}`;
}

const plural = {
  object: "maps",
  array: "lists",
  string: "strings",
  integer: "whole numbers",
  number: "numbers",
  boolean: "true or false",
} as const;

function typeName(schema: SchemaNode): string {
  switch (schema.type) {
    case "object":
      return "a map";
    case "array":
      return `a list${schema.items?.type ? ` of ${plural[schema.items.type]}` : ""}`;
    case "integer":
      return "a whole number";
    case "boolean":
      return "true or false";
    case "number":
      return "a number";
    case "string":
      return "a string";
    case undefined:
    default:
      return "something";
  }
}
