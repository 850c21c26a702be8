import type { Kind } from "../../model/index.ts";
import type { KindTable } from "../kind-table.ts";

/** What a resource URL names. */
export interface Target {
  readonly kind: Kind;
  readonly version: string;
  readonly apiVersion: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** Understands `/api/VERSION/…` and `/apis/GROUP/VERSION/…`; undefined when no resource is meant. `path` has no query. */
export function targetOf(kinds: KindTable, path: string): Target | undefined {
  const parts = decoded(path);
  if (!parts) return undefined;
  const root = parts.shift();
  if (root !== "api" && root !== "apis") return undefined;
  const group = root === "apis" ? parts.shift() : "";
  const version = parts.shift() ?? "";
  const apiVersion = group ? `${group}/${version}` : version;
  let namespace: string | undefined;
  // `namespaces/NAME` alone, and its own subresources, mean the namespace.
  if (parts[0] === "namespaces" && parts.length > 2 && kinds.byResource(apiVersion, parts[2] ?? "")) {
    namespace = parts[1];
    parts.splice(0, 2);
  }
  const [plural, name, subresource, ...rest] = parts;
  const kind = plural === undefined ? undefined : kinds.byResource(apiVersion, plural);
  if (!kind || rest.length > 0 || (namespace !== undefined && !kind.namespaced)) return undefined;
  if (kind.namespaced && name !== undefined && namespace === undefined) return undefined;
  return {
    kind,
    version,
    apiVersion,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
  };
}

function decoded(path: string): string[] | undefined {
  try {
    return path
      .replace(/^\/|\/$/g, "")
      .split("/")
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
