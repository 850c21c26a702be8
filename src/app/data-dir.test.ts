import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDataDir } from "./data-dir.ts";

test("a data directory loses what a killed process had half written, not what a living one writes", () => {
  const folder = mkdtempSync(join(tmpdir(), "weft-data-dir-"));
  const living = `kubeconfig.${process.pid}.partial`;
  // No pid is that large.
  writeFileSync(join(folder, "running.json.99999999.partial"), "{");
  writeFileSync(join(folder, living), "");
  openDataDir(folder);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".partial")),
    [living],
  );
  rmSync(folder, { recursive: true });
});
