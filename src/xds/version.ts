import { createHash } from "node:crypto";

const versions = new WeakMap<object, string>();

/** The version of a resource: a hash of its content, computed once for each object. */
export function versionOf(resource: object): string {
  let version = versions.get(resource);
  if (version === undefined) {
    version = createHash("sha256").update(JSON.stringify(resource)).digest("base64url").slice(0, 22);
    versions.set(resource, version);
  }
  return version;
}
