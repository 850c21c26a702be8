/** What the store acknowledged survives kill -9 and a full disk. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { keyOf, type KubeObject } from "../src/model/index.ts";
import { openSqliteStore, type StoreEvent } from "../src/store/index.ts";
import { type Acknowledged, type Filled, resource } from "./store-writer-process.ts";
import { run } from "./weft.ts";

const writer = join(import.meta.dirname, "store-writer-process.ts");
const folder = mkdtempSync(join(tmpdir(), "weft-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Lets the writer go on until it has told `count` writes, and kills it `delay` ms later, in the middle of the next ones. */
async function writeAndKill(path: string, count: number, delay: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [writer, "go-on", path], { stdio: ["ignore", "pipe", "inherit"] });
  const told: Acknowledged[] = [];
  const lines = createInterface({ input: child.stdout });
  const closed = Promise.all([once(child, "close"), once(lines, "close")]);
  let dying = false;
  lines.on("line", (line) => {
    // The last line may be half a one.
    if (line.endsWith("}")) told.push(JSON.parse(line) as Acknowledged);
    if (told.length < count || dying) return;
    dying = true;
    setTimeout(() => child.kill("SIGKILL"), delay);
  });
  await closed;
  assert.equal(child.signalCode, "SIGKILL");
  return told;
}

function textOf(object: KubeObject): string {
  return (object["data"] as { text: string }).text;
}

const types = { ADDED: "create", MODIFIED: "update", DELETED: "delete" } as const;

describe("a store whose process is killed in the middle of writing", () => {
  test("has lost nothing that was acknowledged, and is whole", async () => {
    const path = join(folder, "killed.db");
    const told: Acknowledged[] = [];
    for (const delay of [0, 1, 2, 3, 5, 8, 13, 0, 1, 2]) {
      told.push(...(await writeAndKill(path, 100, delay)));
      const store = openSqliteStore({ path, historyLength: 1_000_000 });
      const events: StoreEvent[] = [];
      store.watch(resource, 1, (event) => events.push(event));
      const byVersion = new Map(events.map((event) => [event.version, event]));
      for (const { type, key, version, text } of told) {
        const event = byVersion.get(version);
        assert.ok(event, `version ${version} (${type} ${key}) was acknowledged and is lost`);
        assert.deepEqual([types[event.type], event.key], [type, key]);
        if (type !== "delete") assert.equal(textOf(event.object), text);
      }
      const replayed = new Map<string, KubeObject>();
      for (const { type, key, object } of events)
        if (type === "DELETED") replayed.delete(key);
        else replayed.set(key, object);
      const { objects, version } = store.list(resource);
      assert.deepEqual(new Map(objects.map((object) => [keyOf(object), object])), replayed);
      assert.equal(version, events.at(-1)?.version);
      await store.close();
    }
    assert.ok(told.length >= 1000);
    assert.equal(new Set(told.map(({ version }) => version)).size, told.length, "a version was given out twice");
  });
});

describe("a store on a full disk", () => {
  test("says so in one sentence, loses nothing, and goes on when there is room", async () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    const { code, stdout, stderr } = await run("unshare", [
      "--user",
      "--map-root-user",
      "--mount",
      "sh",
      "-c",
      'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" "$3" fill "$1/weft.db"',
      "sh",
      disk,
      process.execPath,
      writer,
    ]);
    assert.equal(code, 0, stderr);
    const filled = JSON.parse(stdout) as Filled;
    assert.equal(filled.code, "store-full");
    assert.equal(
      filled.refusal,
      `no room to write to ${disk}/weft.db: nothing was changed\n  make room on the disk, then try again`,
    );
    const [before = 0, afterwards, reopened] = filled.versions;
    assert.ok(before > 50, `full after ${before} writes`);
    assert.deepEqual([afterwards, reopened], [before, before]);
    assert.deepEqual(filled.lost, []);
    assert.ok(filled.openingRefused === undefined || filled.openingRefused === filled.refusal, filled.openingRefused);
    assert.equal(filled.again, before + 1);
  });
});
