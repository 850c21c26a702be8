import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ManualClock, silentLog } from "../base/index.ts";
import { keepLogsSmall } from "./log-room.ts";

test("a log that grew too large is begun anew, and what it had is kept once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "weft-log-room-"));
  const [large, small] = [join(folder, "large.log"), join(folder, "small.log")];
  const clock = new ManualClock();
  appendFileSync(large, "first line\n");
  appendFileSync(small, "line\n");
  const end = keepLogsSmall({ paths: [large, join(folder, "none.log"), small], clock, log: silentLog, most: 8 });
  while (statSync(large).size > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(readFileSync(`${large}.1`, "utf8"), "first line\n");
  appendFileSync(large, "second line\n");
  while (statSync(large).size > 0) {
    clock.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(readFileSync(`${large}.1`, "utf8"), "second line\n");
  assert.equal(readFileSync(small, "utf8"), "line\n");
  assert.ok(!existsSync(`${small}.1`));
  end();
  rmSync(folder, { recursive: true });
});
