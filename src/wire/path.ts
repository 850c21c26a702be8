// On the path of every request.

/** What must be rewritten before a path has its one normal form. */
const unusual = /%|\\|\/\.|\/\//;

/**
 * The one form of a path that routes and policies see and that upstream gets (RFC 3986 §6.2.2, as Envoy's
 * `normalize_path` does it): escapes of unreserved characters undone, others in upper case, `\` as `/`,
 * dot segments removed. `%2F` stays. Undefined: the path leaves its root, or has a broken escape.
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
  text = text.replaceAll("\\", "/");
  if (mergeSlashes) text = text.replace(/\/{2,}/g, "/");
  return text.includes("/.") ? withoutDots(text) : text;
}

function withoutDots(path: string): string | undefined {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === "." || segment === "..") {
      if (segment === ".." && kept.pop() === undefined) return undefined;
      if (last) kept.push("");
    } else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}
