import { Fault } from "../../base/index.ts";
import { isObject, type JsonObject, sameJson, setField } from "./json-value.ts";

/** The part of a JSON Schema that strategic merge looks at. */
export interface PatchSchema {
  readonly properties?: Readonly<Record<string, PatchSchema>>;
  readonly additionalProperties?: boolean | PatchSchema;
  readonly items?: PatchSchema;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
}

const setOrder = "$setElementOrder/";
const mostMerged = 10_000;
const deletePrimitives = "$deleteFromPrimitiveList/";

/**
 * Kubernetes' strategic merge patch: like a JSON merge patch, but lists whose schema has a merge key (or is a set) are merged
 * by element, and directives ($patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList) say the rest.
 * Neither argument is changed. A Fault `patch-invalid` says what is wrong with the patch.
 */
export function strategicPatch(target: unknown, patch: unknown, schema: PatchSchema | undefined): unknown {
  if (!isObject(patch)) throw new Fault("patch-invalid", "a strategic merge patch is an object");
  return mergeObject(isObject(target) ? target : {}, patch, schema);
}

function mergeObject(target: JsonObject, patch: JsonObject, schema: PatchSchema | undefined): JsonObject {
  const directive = patch["$patch"];
  if (directive === "replace") return plain(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") throw badDirective(directive);
  const result = retained(target, patch["$retainKeys"]);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith("$")) continue;
    const fieldSchema = schemaOfField(schema, key);
    if (value === null) delete result[key];
    else setField(result, key, mergeValue(Object.hasOwn(result, key) ? result[key] : undefined, value, fieldSchema));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletePrimitives)) deleteFrom(result, key.slice(deletePrimitives.length), list(key, value));
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(setOrder)) continue;
    const field = key.slice(setOrder.length);
    const current = result[field];
    if (!Array.isArray(current)) continue;
    const before = Array.isArray(target[field]) ? (target[field] as unknown[]) : [];
    setField(result, field, ordered(current, before, list(key, value), mergeKey(schemaOfField(schema, field))));
  }
  return result;
}

function mergeValue(target: unknown, patch: unknown, schema: PatchSchema | undefined): unknown {
  if (isObject(patch)) return mergeObject(isObject(target) ? target : {}, patch, schema);
  if (!Array.isArray(patch)) return patch;
  const strategies = schema?.["x-kubernetes-patch-strategy"]?.split(",") ?? [];
  const key = mergeKey(schema);
  if (key !== undefined) return mergeList(Array.isArray(target) ? target : [], patch, key, schema?.items);
  if (strategies.includes("merge")) {
    const before: unknown[] = Array.isArray(target) ? target : [];
    return [...before, ...patch.filter((value) => !before.some((other) => sameJson(other, value)))];
  }
  return patch.map(withoutDirectives);
}

function mergeList(target: readonly unknown[], patch: readonly unknown[], key: string, items: PatchSchema | undefined) {
  // Each element is looked for among all.
  if (patch.length > mostMerged)
    throw new Fault("patch-invalid", `a list merged by "${key}" has at most ${mostMerged} elements`);
  const replacing = patch.some((element) => isObject(element) && element["$patch"] === "replace");
  let result: unknown[] = replacing ? [] : [...target];
  for (const element of patch) {
    if (!isObject(element)) throw new Fault("patch-invalid", `elements of a list merged by "${key}" must be objects`);
    // An element that is nothing but the directive speaks for the whole list.
    if (element["$patch"] === "replace" && !(key in element)) continue;
    if (!(key in element))
      throw new Fault("patch-invalid", `map: ${JSON.stringify(element)} does not contain declared merge key: ${key}`);
    const at = result.findIndex((other) => isObject(other) && sameJson(other[key], element[key]));
    if (element["$patch"] === "delete")
      result = result.filter((other) => !isObject(other) || !sameJson(other[key], element[key]));
    else if (at === -1) result.push(mergeObject({}, element, items));
    else result[at] = mergeObject(result[at] as JsonObject, element, items);
  }
  return result;
}

/** `$retainKeys`: of the fields there are, only these stay. */
function retained(target: JsonObject, keys: unknown): JsonObject {
  if (keys === undefined) return { ...target };
  const kept = new Set(list("$retainKeys", keys));
  return Object.fromEntries(Object.entries(target).filter(([key]) => kept.has(key)));
}

function deleteFrom(result: JsonObject, field: string, values: readonly unknown[]): void {
  const current = result[field];
  if (!Array.isArray(current)) return;
  result[field] = current.filter((value) => !values.some((other) => sameJson(other, value)));
}

/**
 * The elements named in `order` in that order; one that only the server has keeps its place behind the element
 * it followed before.
 */
function ordered(
  current: readonly unknown[],
  before: readonly unknown[],
  order: readonly unknown[],
  key: string | undefined,
) {
  const id = (element: unknown) => JSON.stringify(key !== undefined && isObject(element) ? element[key] : element);
  const ranks = placesOf(order.map(id));
  const places = placesOf(before.map(id));
  const rank = (element: unknown) => ranks.get(id(element)) ?? -1;
  const known = current.filter((element) => rank(element) >= 0).sort((a, b) => rank(a) - rank(b));
  const servers = current.filter((element) => rank(element) < 0);
  const placeBefore = (element: unknown) => places.get(id(element)) ?? -1;
  const precedes = (one: number, other: number) => one >= 0 && one < other;
  const result: unknown[] = [];
  for (const element of known) {
    const place = placeBefore(element);
    while (servers.length > 0 && precedes(placeBefore(servers[0]), place)) result.push(servers.shift());
    result.push(element);
  }
  return [...result, ...servers];
}

/** The first place of each. */
function placesOf(ids: readonly string[]): ReadonlyMap<string, number> {
  return new Map(ids.map((id, place) => [id, place] as const).toReversed());
}

function schemaOfField(schema: PatchSchema | undefined, key: string): PatchSchema | undefined {
  const field = schema?.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
  if (field) return field;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

function mergeKey(schema: PatchSchema | undefined): string | undefined {
  if (!schema?.["x-kubernetes-patch-strategy"]?.split(",").includes("merge")) return undefined;
  return schema["x-kubernetes-patch-merge-key"];
}

/** A patch that has nothing to merge with: its directives and nulls mean nothing more. */
function plain(patch: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([key, part]) => !key.startsWith("$") && part !== null)
      .map(([key, part]) => [key, withoutDirectives(part)]),
  );
}

function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  return isObject(value) ? plain(value) : value;
}

function list(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Fault("patch-invalid", `${name} must be a list`);
  return value;
}

function badDirective(value: unknown): Fault {
  return new Fault("patch-invalid", `unknown patch type found: ${JSON.stringify(value)}`);
}
