/** Fields whose data source is nobody's business, as Envoy's own messages mark them. */
const sensitive: ReadonlySet<string> = new Set(["private_key", "password"]);
const hidden = "[redacted]";

/** A message without what must stay secret. The rest is shared, not copied. */
export function redacted<T>(message: T): T {
  return hide(message) as T;
}

function hide(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const entries: readonly unknown[] = value;
    const shown = entries.map(hide);
    return shown.some((entry, index) => entry !== entries[index]) ? shown : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [key, entry] of Object.entries(value)) {
    const shown = sensitive.has(key) ? hideSource(entry) : hide(entry);
    if (shown !== entry) (copy ??= { ...value })[key] = shown;
  }
  return copy ?? value;
}

/** Only which kind of source it is can be seen. */
function hideSource(source: unknown): unknown {
  if (typeof source !== "object" || source === null) return hidden;
  const entries = Object.keys(source).map((kind) => [
    kind,
    kind === "inline_bytes" ? Buffer.from(hidden).toString("base64") : hidden,
  ]);
  return Object.fromEntries(entries);
}
