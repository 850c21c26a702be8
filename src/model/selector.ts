import { Fault } from "../base/index.ts";
import { isLabelKey, isLabelValue } from "./names.ts";
import type { LabelSelector } from "./schema/meta.ts";

type Labels = Readonly<Record<string, string>>;
type Test = (labels: Labels) => boolean;

/** Something labels may match. */
export interface Selector {
  matches(labels: Labels | undefined): boolean;
}

const all = (tests: readonly Test[]): Selector => ({ matches: (labels = {}) => tests.every((test) => test(labels)) });
const get = (labels: Labels, key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);

/** A selector as kubectl's `-l` takes it: `app=web,tier in (a,b),!old`. Throws a Fault `bad-selector`. */
export function parseSelector(text: string): Selector {
  const tests: Test[] = [];
  // Commas inside parentheses belong to a list of values.
  for (const given of text.split(/,(?![^(]*\))/)) {
    const part = given.trim();
    if (part === "" && text.trim() === "") break;
    tests.push(parseRequirement(part, text));
  }
  return all(tests);
}

function parseRequirement(part: string, whole: string): Test {
  const refuse = (why: string) => new Fault("bad-selector", `unable to parse requirement: ${why} in "${whole}"`);
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  const equal = /^([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)$/.exec(part);
  const exists = /^(!?)\s*([^=!\s(),]+)$/.exec(part);
  const key = set?.[1] ?? equal?.[1] ?? exists?.[2];
  if (key === undefined) throw refuse(`"${part}" is not a requirement`);
  if (!isLabelKey(key)) throw refuse(`"${key}" is not a label key`);
  const values = set ? (set[3] ?? "").split(",").map((value) => value.trim()) : equal ? [equal[3] ?? ""] : [];
  for (const value of values) if (!isLabelValue(value)) throw refuse(`"${value}" is not a label value`);
  const negative = set ? set[2] === "notin" : equal ? equal[2] === "!=" : exists?.[1] === "!";
  if (!set && !equal) return (labels) => (get(labels, key) !== undefined) !== negative;
  return (labels) => values.includes(get(labels, key) ?? "\0") !== negative;
}

/** Whether labels satisfy a LabelSelector; an empty selector matches all, an absent one nothing. */
export function matchesLabels(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  return selector !== undefined && labelSelector(selector).matches(labels);
}

/** A LabelSelector made ready for many objects. */
export function labelSelector(selector: LabelSelector): Selector {
  const tests = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Test =>
      (labels) =>
        get(labels, key) === value,
  );
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    if (operator === "Exists") tests.push((labels) => get(labels, key) !== undefined);
    else if (operator === "DoesNotExist") tests.push((labels) => get(labels, key) === undefined);
    else tests.push((labels) => values.includes(get(labels, key) ?? "\0") === (operator === "In"));
  }
  return all(tests);
}

/** One term of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly negative: boolean;
  readonly value: string;
}

/** A field selector as kubectl sends it: `status.phase=Running,metadata.name!=a`. Throws a Fault `bad-selector`. */
export function parseFieldSelector(text: string): FieldTerm[] {
  if (text.trim() === "") return [];
  return text.split(/(?<!\\),/).map((part) => {
    const term = /^([^=!]+?)(==|=|!=)(.*)$/.exec(part.trim());
    if (!term) throw new Fault("bad-selector", `invalid field selector: "${part}" is not field=value in "${text}"`);
    const [, field = "", operator, value = ""] = term;
    return { field, negative: operator === "!=", value: value.replaceAll(/\\(.)/g, "$1") };
  });
}

/** Whether an object's fields satisfy the terms; an absent field is the empty string. */
export function matchesFields(terms: readonly FieldTerm[], object: object): boolean {
  return terms.every(({ field, negative, value }) => {
    let found: unknown = object;
    for (const name of field.split(".")) {
      found =
        typeof found === "object" && found !== null ? (found as Readonly<Record<string, unknown>>)[name] : undefined;
    }
    const text =
      typeof found === "string" || typeof found === "number" || typeof found === "boolean" ? String(found) : "";
    return (text === value) !== negative;
  });
}
