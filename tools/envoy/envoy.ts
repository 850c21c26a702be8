import { accessSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The Envoy that Weft's proxy is compared with. */
export const envoyVersion = "1.40.0";

/** Where `npm run envoy` puts it, outside of the checkout. */
export const envoyFolder = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "weft",
  `envoy-${envoyVersion}`,
);

/** The program to compare with: what WEFT_ENVOY names, else the one that was fetched; undefined when there is none. */
export function envoyPath(): string | undefined {
  const named = process.env["WEFT_ENVOY"];
  if (named) {
    accessSync(named, constants.X_OK);
    return named;
  }
  const fetched = join(envoyFolder, "envoy");
  return existsSync(fetched) ? fetched : undefined;
}
