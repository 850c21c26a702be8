import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const findings = mkdtempSync(join(tmpdir(), "weft-findings-"));
after(() => rmSync(findings, { recursive: true }));

test("npm run fuzz finds nothing in the corpus, nor in two seconds of what it makes of it", async () => {
  const program = join(import.meta.dirname, "../tools/fuzz/main.ts");
  const { stdout } = await run(process.execPath, [program, "--minutes", "0.033", "--findings", findings]);
  assert.match(stdout, /^fuzz: \d{3,} inputs from seed \d+, nothing found\n$/);
  assert.deepEqual(readdirSync(findings), []);
});
