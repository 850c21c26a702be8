/**
 * Guards for the test runner: no test file matched, or a leaked handle that would hang, become named failures.
 * Loaded by `node --import` before any test; in a process that only orchestrates, it does nothing.
 */
import { after } from "node:test";

const limit = 15_000;

// A socket that was reset in a bad moment can leave Node waiting for it, busily and for ever, when it takes itself apart.
process.once("exit", (code) => process.exit(code));

if (process.env["NODE_TEST_CONTEXT"] !== undefined || process.execArgv.includes("--test-isolation=none")) {
  after(() => {
    const timer = setTimeout(() => {
      const open = process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap" && name !== "TTYWrap");
      process.stderr.write(`tests ended, but the process stays alive: ${open.join(", ") || "unknown handle"}\n`);
      process.exit(97);
    }, limit);
    timer.unref();
  });
}

const patterns = process.argv.slice(2).filter((argument) => argument.endsWith(".test.ts"));
if (process.execArgv.includes("--test") && patterns.length > 0) {
  const { globSync } = await import("node:fs");
  for (const pattern of patterns) {
    if (globSync(pattern).length === 0) {
      process.stderr.write(`no test matches ${pattern}\n`);
      process.exit(98);
    }
  }
}
