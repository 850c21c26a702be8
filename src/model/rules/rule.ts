import type { Path, Report } from "../finding.ts";

/** An object as the schema walk leaves it: right types, but anything may be missing. */
export type Loose<T> = T extends readonly (infer U)[]
  ? Loose<U>[]
  : T extends object
    ? { [K in keyof T]?: Loose<T[K]> | undefined }
    : T;

/** Checks across the fields of one object. */
export type Rule<T> = (object: Loose<T>, report: Report) => void;

/** Reports the second of equal keys. */
export function unique<T>(
  items: readonly T[] | undefined,
  path: Path,
  key: (item: T) => string | undefined,
  report: Report,
  field?: string,
): void {
  const seen = new Set<string>();
  for (const [index, item] of (items ?? []).entries()) {
    const value = key(item);
    if (value === undefined) continue;
    if (seen.has(value)) report.duplicate(field === undefined ? [...path, index] : [...path, index, field], value);
    seen.add(value);
  }
}
