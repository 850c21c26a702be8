/**
 * Descriptions of messages, read by the check of arriving resources and by whoever lists what is honoured.
 * A field that no shape names is refused with its path: nothing is silently ignored.
 */
import { closest } from "../../base/index.ts";

export type Shape = Kind & {
  /** A message without this field is refused; texts and lists must not be empty. */
  readonly required?: true;
};

type Kind =
  | { readonly kind: "text" | "flag" | "any" }
  | { readonly kind: "duration"; readonly positive: boolean }
  /** A whole number. */
  | { readonly kind: "number"; readonly least: number; readonly most: number }
  | { readonly kind: "one of"; readonly words: readonly string[] }
  /** A setting of which only what happens anyway is taken, and what that is. */
  | { readonly kind: "only"; readonly values: readonly (boolean | number | string)[]; readonly because: string }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "table"; readonly of: Shape }
  | {
      readonly kind: "message";
      readonly fields: Readonly<Record<string, Shape>>;
      readonly exactlyOne: readonly string[];
      /** Groups of fields of which one may be given. */
      readonly atMostOne: readonly (readonly string[])[];
    }
  | { readonly kind: "typed"; readonly types: Readonly<Record<string, Shape>> }
  /** Understood, but without effect, and why. `later`: it should have one, and a configuration that is read from a file is refused for it. */
  | { readonly kind: "no effect"; readonly because: string; readonly later: boolean }
  /** Known to Envoy and not honoured: why, or what to write instead. */
  | { readonly kind: "refused"; readonly because: string };

export const text: Shape = { kind: "text" };
export const whole = (least: number, most: number): Shape => ({ kind: "number", least, most });
/** Any `uint32`. */
export const number: Shape = whole(0, 0xffff_ffff);
export const flag: Shape = { kind: "flag" };
export const duration: Shape = { kind: "duration", positive: false };
/** More than nothing. */
export const positive: Shape = { kind: "duration", positive: true };
export const anything: Shape = { kind: "any" };
export const oneOf = (...words: string[]): Shape => ({ kind: "one of", words });
export const only = (values: readonly (boolean | number | string)[], because: string): Shape => ({
  kind: "only",
  values,
  because,
});
export const list = (of: Shape): Shape => ({ kind: "list", of });
export const table = (of: Shape): Shape => ({ kind: "table", of });
export const typed = (types: Readonly<Record<string, Shape>>): Shape => ({ kind: "typed", types });
export const noEffect = (because: string): Shape => ({ kind: "no effect", because, later: false });
export const later = (what: string): Shape => ({
  kind: "no effect",
  because: `${what} is not acted on yet`,
  later: true,
});
export const refused = (because: string): Shape => ({ kind: "refused", because });
export const required = (shape: Shape): Shape => ({ ...shape, required: true });
export const message = (
  fields: Readonly<Record<string, Shape>>,
  exactlyOne: readonly string[] = [],
  atMostOne: readonly (readonly string[])[] = [],
): Shape => ({ kind: "message", fields, exactlyOne, atMostOne });

/** Every way in which `value` is not of this shape, as `path: what is wrong`. */
export function check(shape: Shape, value: unknown, path: string, faults: string[]): void {
  new Check(faults, false).value(shape, value, path);
}

/** The same for a configuration somebody wrote: what is not acted on yet is refused too. */
export function checkStrictly(shape: Shape, value: unknown, path: string, faults: string[]): void {
  new Check(faults, true).value(shape, value, path);
}

class Check {
  readonly #faults: string[];
  readonly #strict: boolean;

  constructor(faults: string[], strict: boolean) {
    this.#faults = faults;
    this.#strict = strict;
  }

  value(shape: Shape, value: unknown, path: string): void {
    switch (shape.kind) {
      case "any":
        return;
      case "no effect":
        // A flag that is off asks for nothing.
        if (this.#strict && shape.later && value !== false) this.#fault(path, `${shape.because}; take it out`);
        return;
      case "refused":
        return this.#fault(path, `is not supported: ${shape.because}`);
      case "text":
        return typeof value === "string" ? undefined : this.#fault(path, "a string is needed");
      case "flag":
        return typeof value === "boolean" ? undefined : this.#fault(path, "true or false is needed");
      case "number":
        return this.#number(shape.least, shape.most, value, path);
      case "duration":
        if (typeof value !== "string" || !/^\d{1,12}(\.\d{1,9})?s$/.test(value)) {
          return this.#fault(path, 'a duration like "2.5s" is needed');
        }
        return shape.positive && Number.parseFloat(value) === 0
          ? this.#fault(path, "more than 0 s are needed")
          : undefined;
      case "one of":
        if (typeof value === "string" && shape.words.includes(value)) return;
        return this.#fault(path, `${shown(value)} is not supported; there is ${shape.words.join(", ")}`);
      case "only":
        if (shape.values.some((each) => each === value)) return;
        return this.#fault(path, `${shown(value)} is not supported: ${shape.because}`);
      case "list":
        if (!Array.isArray(value)) return this.#fault(path, "a list is needed");
        return value.forEach((entry, index) => this.value(shape.of, entry, `${path}[${index}]`));
      case "table":
        if (!isRecord(value)) return this.#fault(path, "an object is needed");
        return Object.entries(value).forEach(([key, entry]) => this.value(shape.of, entry, `${path}[${key}]`));
      case "typed":
        return this.#typed(shape.types, value, path);
      case "message":
        return this.#message(shape, value, path);
    }
  }

  #fault(path: string, what: string): void {
    this.#faults.push(`${path || "message"}: ${what}`);
  }

  #number(least: number, most: number, value: unknown, path: string): void {
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return;
    this.#fault(path, `a whole number from ${least} to ${most} is needed`);
  }

  #typed(types: Readonly<Record<string, Shape>>, value: unknown, path: string): void {
    if (!isRecord(value)) return this.#fault(path, "an object is needed");
    const type = value["@type"];
    const shape = typeof type === "string" && Object.hasOwn(types, type) ? types[type] : undefined;
    if (!shape) {
      const known = Object.keys(types).map(lastName).join(", ");
      const what = type === undefined ? "is needed" : `${shown(type)} is not supported`;
      return this.#fault(`${path}.@type`, `${what}; there is ${known}`);
    }
    const { "@type": _, ...rest } = value;
    this.value(shape, rest, path);
  }

  #message({ fields, exactlyOne, atMostOne }: Kind & { kind: "message" }, value: unknown, path: string): void {
    if (!isRecord(value)) return this.#fault(path, "an object is needed");
    for (const [name, entry] of Object.entries(value)) {
      if (entry === undefined || entry === null) continue;
      const at = under(path, name);
      const shape = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (shape) this.value(shape, entry, at);
      else this.#fault(at, unknown(name, fields));
    }
    for (const [name, { required: isRequired }] of Object.entries(fields)) {
      if (isRequired && isEmpty(value[name])) this.#fault(under(path, name), "is needed");
    }
    for (const group of atMostOne) {
      const given = group.filter((name) => value[name] !== undefined);
      if (given.length > 1) this.#fault(path, `only one of ${given.join(" and ")} may be given`);
    }
    if (exactlyOne.length === 0) return;
    const given = exactlyOne.filter((name) => value[name] !== undefined);
    if (given.length !== 1) {
      const found = given.length === 0 ? "none is there" : `not ${given.join(" and ")}`;
      this.#fault(path, `exactly one of ${exactlyOne.join(", ")} is needed; ${found}`);
    }
  }
}

const under = (path: string, name: string) => (path === "" ? name : `${path}.${name}`);

function unknown(name: string, fields: Readonly<Record<string, Shape>>): string {
  const meant = closest(name, Object.keys(fields));
  return `is not supported; ${meant === undefined ? "docs/envoy-subset.md lists what is" : `did you mean ${meant}?`}`;
}

/** `…v3.TcpProxy` → `TcpProxy`. */
const lastName = (type: string) => type.slice(type.lastIndexOf(".") + 1);

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const shownText = JSON.stringify(value) ?? String(value);
  return shownText.length > 80 ? `${shownText.slice(0, 77)}…` : shownText;
}
