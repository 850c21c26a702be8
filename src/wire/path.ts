// On the path of every request.

/** What must be rewritten before a path has its one normal form. */
const unusual = /[%\\"<>^`{|}]|\/\.|\/\//;
/** Never part of a path, and sent in one by many (RFC 3986 §3.3). */
const unescaped = /["<>^`{|}]/g;

/**
 * The one form of a path that routes and policies see and that upstream gets (RFC 3986 §6.2.2, as Envoy's
 * `normalize_path` does it): escapes of unreserved characters undone, others in upper case, what must be escaped
 * escaped, `\` as `/`, dot segments removed. `%2F` stays. Undefined: the path leaves its root, or has a broken escape.
 */
export function normalizePath(path: string, mergeSlashes: boolean): string | undefined {
  if (!unusual.test(path)) return path;
  let broken = false;
  let text = path.replace(/%([0-9A-Fa-f]{2})?/g, (found, hex: string | undefined) => {
    if (hex === undefined) {
      broken = true;
      return found;
    }
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : `%${hex.toUpperCase()}`;
  });
  if (broken || /%00/.test(text)) return undefined;
  text = text.replaceAll("\\", "/").replace(unescaped, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
  if (mergeSlashes) text = text.replace(/\/{2,}/g, "/");
  return text.includes("/.") ? withoutDots(text) : text;
}

function withoutDots(path: string): string | undefined {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    // Some servers cut parameters off before they look at dots.
    const name = segment.startsWith(".") ? segment.replace(/;.*/, "") : segment;
    if (name === "." || name === "..") {
      if (name === ".." && kept.pop() === undefined) return undefined;
      if (last) kept.push("");
    } else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}
