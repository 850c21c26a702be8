import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { codeOf, explain } from "../base/index.ts";
import { openMemoryStore } from "./memory-store.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { setting, settings, storeContract } from "./store-contract.ts";
import type { StoreEvent } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const freshPath = () => join(folder, `store-${(count += 1)}.db`);

storeContract("memory", (historyLength) => openMemoryStore({ historyLength }));
storeContract("SQLite", (historyLength) => openSqliteStore({ path: freshPath(), historyLength }));

describe("a store on disk", () => {
  test("opened again it has its objects, its version and its history", async () => {
    const path = freshPath();
    const first = openSqliteStore({ path });
    const a = await first.write({ type: "create", resource: settings, object: setting("a", 1) });
    const since = first.version;
    await first.write({ type: "update", resource: settings, object: setting("a", 2), version: "2" });
    await first.write({ type: "create", resource: settings, object: setting("b", 1) });
    await first.write({ type: "delete", resource: settings, key: "default/b", version: "4" });
    const before = first.list(settings);
    await first.close();

    const second = openSqliteStore({ path });
    assert.deepEqual(second.list(settings), before);
    const events: StoreEvent[] = [];
    second.watch(settings, since, (event) => events.push(event));
    assert.deepEqual(
      events.map(({ type, version }) => [type, version]),
      [
        ["MODIFIED", 3],
        ["ADDED", 4],
        ["DELETED", 5],
      ],
    );
    assert.deepEqual(events[0]?.previous, a);
    await second.close();
  });

  test("history stays bounded across restarts, and what it lost is expired", async () => {
    const path = freshPath();
    const first = openSqliteStore({ path, historyLength: 2 });
    for (const name of ["a", "b", "c", "d"]) {
      await first.write({ type: "create", resource: settings, object: setting(name, 1) });
    }
    await first.close();
    const second = openSqliteStore({ path, historyLength: 2 });
    assert.equal(second.version, 5);
    assert.throws(
      () => second.watch(settings, 2, () => undefined),
      (error) => codeOf(error) === "store-expired",
    );
    second.watch(settings, 3, () => undefined).close();
    await second.close();
  });

  test("a full disk refuses the write in one sentence, keeps what was there and goes on when there is room", async () => {
    const path = freshPath();
    const store = openSqliteStore({ path, maxBytes: 64 * 4096 });
    const kept = await store.write({ type: "create", resource: settings, object: setting("kept", 1) });
    const large = { ...setting("large", 1), data: "x".repeat(1_000_000) };
    await assert.rejects(store.write({ type: "create", resource: settings, object: large }), (error) => {
      assert.equal(codeOf(error), "store-full");
      assert.match(explain(error), /no room to write to .*: nothing was changed\n {2}make room on the disk/);
      return true;
    });
    assert.deepEqual(store.list(settings), { version: 2, objects: [kept] });
    await store.write({ type: "create", resource: settings, object: setting("small", 1) });
    assert.equal(store.version, 3);
    await store.close();
  });

  test("a second opener is told who holds the store, and the first one's end frees it", async () => {
    const path = freshPath();
    const child = await startWriter(path);
    assert.throws(
      () => openSqliteStore({ path }),
      (error) => {
        assert.equal(codeOf(error), "store-locked");
        assert.match(explain(error), new RegExp(`in use by process ${child.pid} \\(since .*\\)\n {2}stop it`));
        return true;
      },
    );
    await child.kill();
    await openSqliteStore({ path }).close();
  });

  test("a file that is no store, and a folder that is not there, are said so", () => {
    const path = freshPath();
    writeFileSync(path, "this is no database, only a text that is long enough to be looked at".repeat(20));
    assert.throws(
      () => openSqliteStore({ path }),
      (error) => codeOf(error) === "store-damaged",
    );
    assert.throws(
      () => openSqliteStore({ path: join(folder, "missing", "store.db") }),
      (error) => codeOf(error) === "store-failed",
    );
  });
});

/** A process that writes as fast as it can, 10 at a time, and prints the name of each acknowledged object. */
async function startWriter(path: string) {
  const program = `
    import { openSqliteStore } from ${JSON.stringify(new URL("./sqlite-store.ts", import.meta.url).href)};
    import { setting, settings } from ${JSON.stringify(new URL("./store-contract.ts", import.meta.url).href)};
    const store = openSqliteStore({ path: ${JSON.stringify(path)} });
    process.stdout.write("open\\n");
    for (let turn = 0; ; turn += 1) {
      await Promise.all(Array.from({ length: 10 }, async (_, index) => {
        const name = process.pid + "-" + turn + "-" + index;
        await store.write({ type: "create", resource: settings, object: setting(name, turn) });
        process.stdout.write(name + "\\n");
      }));
    }`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: string[] = [];
  const lines = createInterface(child.stdout);
  const gone = new Promise<void>((resolve) => void child.once("close", () => resolve()));
  await new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      if (line === "open") resolve();
      else acknowledged.push(line);
    });
  });
  return {
    pid: child.pid,
    acknowledged,
    acknowledgedAtLeast: (least: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (acknowledged.length < least) return;
          lines.off("line", look);
          resolve();
        };
        lines.on("line", look);
        look();
      }),
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
