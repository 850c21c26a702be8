import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ManualClock, silentLog } from "../base/index.ts";
import { OwnProcess } from "./own-process.ts";

test("a start that fails ends nothing else, and is tried again", async () => {
  const base = mkdtempSync(join(tmpdir(), "weft-own-process-"));
  const clock = new ManualClock();
  const deaths: string[] = [];
  let died = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<unknown>();
  let isThere = false;
  const own = new OwnProcess({
    name: "test",
    command: () => {
      if (!isThere) return Promise.reject(new Error("no namespace yet"));
      return Promise.resolve({ command: process.execPath, args: ["-e", "process.send('up')"] });
    },
    logFile: join(base, "folder", "log"),
    clock,
    log: silentLog,
    started: () => undefined,
    message: (message) => heard.resolve(message),
    died(how) {
      deaths.push(how);
      died.resolve();
      return true;
    },
  });
  await died.promise;
  isThere = true;
  died = Promise.withResolvers();
  clock.advance(5000);
  await died.promise;
  mkdirSync(join(base, "folder"));
  clock.advance(5000);
  assert.equal(await heard.promise, "up");
  await own.stop(1000);
  assert.equal(deaths.length, 2);
  assert.match(deaths[0] ?? "", /^could not be started \(no namespace yet\)$/);
  assert.match(deaths[1] ?? "", /ENOENT/);
  rmSync(base, { recursive: true });
});
