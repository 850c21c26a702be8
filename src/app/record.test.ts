import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { dataDirAt, openDataDir } from "./data-dir.ts";
import { removeRecord, running, writeRecord } from "./record.ts";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "weft-record-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the record of a running mesh", () => {
  test("names this process while it lives, and can be taken back", () => {
    const dir = openDataDir(join(folder, "data"));
    assert.equal(running(dir), undefined);
    writeRecord(dir, { api: "https://127.0.0.1:1", network: "netns" });
    assert.equal(running(dir)?.pid, process.pid);
    assert.equal(statSync(dir.record).mode & 0o777, 0o600);
    removeRecord(dir);
    assert.equal(running(dir), undefined);
  });

  test("of a process that was killed is no running mesh, also when its pid is used again", async () => {
    const dir = openDataDir(folder);
    writeRecord(dir, { api: "https://127.0.0.1:1", network: "netns" });
    const record = JSON.parse(readFileSync(dir.record, "utf8")) as Record<string, unknown>;
    writeFileSync(dir.record, JSON.stringify({ ...record, started: "1" }));
    assert.equal(running(dir), undefined);
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    writeFileSync(dir.record, JSON.stringify({ ...record, pid: child.pid }));
    assert.equal(running(dir), undefined);
  });

  test("that is no record is a fault that says what to do", () => {
    const dir = openDataDir(folder);
    writeFileSync(dir.record, "{half");
    assert.throws(() => running(dir), { code: "data-dir", remedy: /delete that file/ });
  });

  test("a data directory that cannot be made is a fault that names it", () => {
    writeFileSync(join(folder, "file"), "");
    assert.throws(() => openDataDir(join(folder, "file")), { code: "data-dir", message: /a file stands in its place/ });
    assert.equal(running(dataDirAt(join(folder, "file"))), undefined);
  });
});
