import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { startReaper } from "./reaper.ts";

test("at the end the groups that were not forgotten are ended", { skip: process.platform === "win32" }, async () => {
  const reaper = startReaper();
  const programs = Array.from({ length: 3 }, () => spawn("sleep", ["60"], { detached: true, stdio: "ignore" }));
  const exits = programs.map((program) => once(program, "exit"));
  for (const { pid = 0 } of programs) reaper.watch(pid);
  reaper.forget(programs[1]?.pid ?? 0);
  await reaper.close();
  await Promise.all([exits[0], exits[2]]);
  assert.equal(programs[1]?.signalCode, null);
  programs[1].kill();
  assert.deepEqual(
    (await Promise.all(exits)).map(([, signal]) => signal as string),
    ["SIGKILL", "SIGTERM", "SIGKILL"],
  );
});
