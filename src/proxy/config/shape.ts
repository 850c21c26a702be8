/**
 * Descriptions of messages, read by the check of arriving resources and by whoever lists what is honoured.
 * A field that no shape names is refused with its path: nothing is silently ignored.
 */
export type Shape =
  | { readonly kind: "text" | "number" | "flag" | "duration" | "any" }
  | { readonly kind: "one of"; readonly words: readonly string[] }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "table"; readonly of: Shape }
  | {
      readonly kind: "message";
      readonly fields: Readonly<Record<string, Shape>>;
      readonly exactlyOne: readonly string[];
    }
  | { readonly kind: "typed"; readonly types: Readonly<Record<string, Shape>> }
  /** Understood, but without effect, and why. */
  | { readonly kind: "no effect"; readonly because: string };

export const text: Shape = { kind: "text" };
export const number: Shape = { kind: "number" };
export const flag: Shape = { kind: "flag" };
export const duration: Shape = { kind: "duration" };
export const anything: Shape = { kind: "any" };
export const oneOf = (...words: string[]): Shape => ({ kind: "one of", words });
export const list = (of: Shape): Shape => ({ kind: "list", of });
export const table = (of: Shape): Shape => ({ kind: "table", of });
export const typed = (types: Readonly<Record<string, Shape>>): Shape => ({ kind: "typed", types });
export const noEffect = (because: string): Shape => ({ kind: "no effect", because });
export const message = (fields: Readonly<Record<string, Shape>>, exactlyOne: readonly string[] = []): Shape => ({
  kind: "message",
  fields,
  exactlyOne,
});

const words = { text: "string", number: "number", flag: "boolean" } as const;

/** Every way in which `value` is not of this shape, as `path: what is wrong`. */
export function check(shape: Shape, value: unknown, path: string, faults: string[]): void {
  switch (shape.kind) {
    case "any":
    case "no effect":
      return;
    case "text":
    case "number":
    case "flag":
      if (typeof value !== words[shape.kind]) faults.push(`${path}: a ${words[shape.kind]} is needed`);
      return;
    case "duration":
      if (typeof value !== "string" || !/^\d+(\.\d{1,9})?s$/.test(value)) {
        faults.push(`${path}: a duration like "2.5s" is needed`);
      }
      return;
    case "one of":
      if (!shape.words.includes(value as string)) faults.push(`${path}: ${shown(value)} is not supported`);
      return;
    case "list":
      if (!Array.isArray(value)) faults.push(`${path}: a list is needed`);
      else value.forEach((entry, index) => check(shape.of, entry, `${path}[${index}]`, faults));
      return;
    case "table":
      if (!isRecord(value)) faults.push(`${path}: an object is needed`);
      else for (const [key, entry] of Object.entries(value)) check(shape.of, entry, `${path}[${key}]`, faults);
      return;
    case "typed":
      return checkTyped(shape.types, value, path, faults);
    case "message":
      return checkMessage(shape.fields, shape.exactlyOne, value, path, faults);
  }
}

function checkTyped(types: Readonly<Record<string, Shape>>, value: unknown, path: string, faults: string[]): void {
  if (!isRecord(value)) return void faults.push(`${path}: an object is needed`);
  const type = value["@type"];
  const shape = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined;
  if (!shape) return void faults.push(`${path}.@type: ${shown(type)} is not supported`);
  const { "@type": _, ...rest } = value;
  check(shape, rest, path, faults);
}

function checkMessage(
  fields: Readonly<Record<string, Shape>>,
  exactlyOne: readonly string[],
  value: unknown,
  path: string,
  faults: string[],
): void {
  if (!isRecord(value)) return void faults.push(`${path}: an object is needed`);
  for (const [name, entry] of Object.entries(value)) {
    if (entry === undefined || entry === null) continue;
    const at = path === "" ? name : `${path}.${name}`;
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (shape) check(shape, entry, at, faults);
    else faults.push(`${at}: is not supported`);
  }
  if (exactlyOne.length === 0) return;
  const given = exactlyOne.filter((name) => value[name] !== undefined);
  if (given.length !== 1) {
    faults.push(`${path || "message"}: exactly one of ${exactlyOne.join(", ")} is needed, not ${given.length}`);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const shownText = JSON.stringify(value) ?? String(value);
  return shownText.length > 80 ? `${shownText.slice(0, 77)}…` : shownText;
}
