import { pathText, type Path } from "./finding.ts";
import type { Kind } from "./kind.ts";
import type { SchemaNode } from "./schema/build.ts";

/** Paths of fields the kind does not have, in Kubernetes' form (`spec.replica`, `spec.containers[0].img`). */
export function unknownFields(kind: Kind, object: object): string[] {
  const paths: string[] = [];
  visit(kind.schema, object, [], (path) => paths.push(pathText(path)));
  return paths;
}

type Visit = (path: Path, parent: Record<string, unknown>) => void;

function visit(schema: SchemaNode, value: unknown, path: Path, unknown: Visit): void {
  if (schema["x-kubernetes-preserve-unknown-fields"] || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) for (const [index, item] of value.entries()) visit(items, item, [...path, index], unknown);
    return;
  }
  if (schema.type !== "object") return;
  const parent = value as Record<string, unknown>;
  for (const [name, item] of Object.entries(parent)) {
    const fields = schema.properties;
    const field = fields && Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field) visit(field, item, [...path, name], unknown);
    else if (typeof schema.additionalProperties === "object")
      visit(schema.additionalProperties, item, [...path, name], unknown);
    else unknown([...path, name], parent);
  }
}

/** The kind's JSON Schema as plain data, for OpenAPI. */
export function jsonSchemaOf(kind: Kind): Record<string, unknown> {
  return JSON.parse(JSON.stringify(kind.schema)) as Record<string, unknown>;
}
