import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Mesh DNS, inside of the node namespace. */
export const dnsAddress = "10.96.0.10";
/** Where the service `kubernetes` stands. */
export const apiAddress = "10.96.0.1";

/** Weft's own version. */
export function weftVersion(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}
