import type { Static, TArray, TObject, TOptional, TProperties, TSchema, TUnsafe } from "typebox";

/** A JSON Schema as the walkers of this room read it: the keywords Weft's schemas use, nothing else. */
export interface SchemaNode {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly format?: Format;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

/** What a string must look like beyond being a string; `formats.ts` checks them. */
export type Format =
  | "byte"
  | "date-time"
  | "dns-label"
  | "dns-subdomain"
  | "duration"
  | "duration-or-zero"
  | "env-name"
  | "host"
  | "ip"
  | "label-key"
  | "label-value"
  | "port-name"
  | "quantity"
  | "regex";

/**
 * A schema is plain JSON; TypeBox's types alone say what it describes. Nothing of TypeBox is loaded:
 * every process that knows the kinds would pay some 25 MB for it.
 */
export const schemaOf = <T>(json: object): TUnsafe<T> => json as TUnsafe<T>;

type Options = Omit<SchemaNode, "type" | "description" | "properties" | "required" | "items">;

type Shape<R extends TProperties, O extends TProperties> = TObject<R & { [K in keyof O]: TOptional<O[K]> }>;

/** An object: its fields that must be given, then those that may be. Unknown fields are errors. */
export function object<R extends TProperties, O extends TProperties>(
  description: string,
  required: R,
  optional: O,
  options: Options = {},
): Shape<R, O> {
  const names = Object.keys(required);
  const properties = { ...required, ...optional };
  const schema = { type: "object", ...(names.length > 0 && { required: names }), properties, description, ...options };
  return schema as unknown as Shape<R, O>;
}

export const text = (description: string, options: Options = {}) =>
  schemaOf<string>({ type: "string", description, ...options });
export const integer = (description: string, options: Options = {}) =>
  schemaOf<number>({ type: "integer", description, ...options });
export const float = (description: string, options: Options = {}) =>
  schemaOf<number>({ type: "number", description, ...options });
export const flag = (description: string, options: Options = {}) =>
  schemaOf<boolean>({ type: "boolean", description, ...options });
/** A string out of a few. */
export const choice = <const V extends string>(description: string, values: readonly V[], options: Options = {}) =>
  schemaOf<V>({ type: "string", description, enum: values, ...options });
/** A Go-style duration of at least 1ms, as Istio writes them. */
export const duration = (description: string, options: Options = {}) =>
  text(description, { format: "duration", ...options });
export const regex = (description: string) => text(description, { format: "regex" });
export const time = (description: string) => text(description, { format: "date-time" });
export const portNumber = (description: string, options: Options = {}) =>
  integer(description, { minimum: 1, maximum: 65535, ...options });
export const intOrString = (description: string, options: Options = {}) =>
  schemaOf<number | string>({ description, "x-kubernetes-int-or-string": true, ...options });
/** An amount such as `250m` or `1Gi`. */
export const quantity = (description: string) => intOrString(description, { format: "quantity" });

/** An array; without hints it is replaced whole by patches. */
export const list = <T extends TSchema>(description: string, items: T, options: Options = {}): TArray<T> =>
  ({ type: "array", items, description, ...options }) as unknown as TArray<T>;
export const texts = (description: string, options: Options = {}) => list(description, text(""), options);
/** An array whose elements patches merge by a key. */
export const keyed = <T extends TSchema>(
  description: string,
  items: T,
  key: string,
  options: Options = {},
): TArray<T> =>
  list(description, items, {
    "x-kubernetes-patch-strategy": "merge",
    "x-kubernetes-patch-merge-key": key,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": [key],
    ...options,
  });
/** An array of scalars that patches treat as a set. */
export const textSet = (description: string, options: Options = {}) =>
  texts(description, { "x-kubernetes-patch-strategy": "merge", "x-kubernetes-list-type": "set", ...options });
export const atomic = { "x-kubernetes-list-type": "atomic" } as const;

export const map = <T extends TSchema>(description: string, values: T): TUnsafe<Record<string, Static<T>>> =>
  schemaOf<Record<string, Static<T>>>({ type: "object", description, additionalProperties: values });
export const textMap = (description: string) => map(description, text(""));
/** Anything at all, kept as it is. */
export const anything = (description: string) =>
  schemaOf<unknown>({ description, "x-kubernetes-preserve-unknown-fields": true });
