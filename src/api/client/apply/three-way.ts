import { isDeepStrictEqual } from "node:util";

type JsonObject = Readonly<Record<string, unknown>>;

/** The part of a JSON Schema that says how lists and objects are merged (Kubernetes' patch hints). */
export interface MergeSchema {
  readonly properties?: Readonly<Record<string, MergeSchema>>;
  readonly additionalProperties?: boolean | MergeSchema;
  readonly items?: MergeSchema;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
}

/** Three states of one value; `before` is what was applied last, undefined when nothing was. */
export interface States {
  readonly live: unknown;
  readonly before: unknown;
  readonly wanted: unknown;
}

/**
 * What `kubectl apply` makes of a live object: what is wanted is set, what was applied before and is wanted no more goes,
 * and what others have set stays. With a schema, lists are merged by their keys; without, they are replaced (JSON merge patch).
 */
export function threeWay({ live, before, wanted }: States, schema: MergeSchema | undefined): unknown {
  if (Array.isArray(wanted)) return mergeList({ live, before, wanted }, wanted, schema);
  return isObject(wanted) ? mergeObject({ live, before, wanted }, wanted, schema) : wanted;
}

function mergeObject({ live, before }: States, wanted: JsonObject, schema: MergeSchema | undefined): JsonObject {
  const [now, then] = [isObject(live) ? live : {}, isObject(before) ? before : {}];
  const isKept = (key: string) => Object.hasOwn(wanted, key) || !Object.hasOwn(then, key);
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(now).filter(([key]) => isKept(key)));
  for (const [key, value] of Object.entries(wanted)) {
    if (value === null) delete result[key];
    else set(result, key, threeWay({ live: own(now, key), before: own(then, key), wanted: value }, field(schema, key)));
  }
  // In a union one choice drives out the others, but only when the choice changes.
  const isChanged = Object.keys(wanted).some((key) => !isDeepStrictEqual(own(result, key), own(now, key)));
  if (!isChanged || !strategies(schema).includes("retainKeys")) return result;
  return Object.fromEntries(Object.entries(result).filter(([key]) => Object.hasOwn(wanted, key)));
}

function mergeList({ live, before }: States, wanted: readonly unknown[], schema: MergeSchema | undefined): unknown[] {
  const [now, then] = [asList(live), asList(before)];
  if (!strategies(schema).includes("merge")) return [...wanted];
  const key = schema?.["x-kubernetes-patch-merge-key"];
  const id = (element: unknown) => (key !== undefined && isObject(element) ? element[key] : element);
  const find = (list: readonly unknown[], of: unknown) =>
    list.find((element) => isDeepStrictEqual(id(element), id(of)));
  const ours = wanted.map((element) => {
    const states = { live: find(now, element), before: find(then, element), wanted: element };
    return threeWay(states, itemSchema(schema));
  });
  const others = now.filter((element) => find(wanted, element) === undefined && find(then, element) === undefined);
  return [...ours, ...others];
}

/** A list's strategy for its elements: `merge,retainKeys` merges the list and treats each element as a union. */
function itemSchema(schema: MergeSchema | undefined): MergeSchema | undefined {
  if (!strategies(schema).includes("retainKeys")) return schema?.items;
  return { ...schema?.items, "x-kubernetes-patch-strategy": "retainKeys" };
}

function strategies(schema: MergeSchema | undefined): string[] {
  return schema?.["x-kubernetes-patch-strategy"]?.split(",") ?? [];
}

function field(schema: MergeSchema | undefined, key: string): MergeSchema | undefined {
  const known = schema?.properties && own(schema.properties, key);
  if (known !== undefined) return known as MergeSchema;
  return typeof schema?.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** Also when the key is `__proto__`. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
