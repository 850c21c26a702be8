import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { systemClock } from "../base/index.ts";
import { watchFile } from "./file-watch.ts";

describe("a watched file", () => {
  let folder: string;
  let unwatch: (() => void) | undefined;
  /** What the file said each time it was told to have changed. */
  let seen: string[];
  let told = Promise.withResolvers<void>();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "weft-watch-"));
    seen = [];
    told = Promise.withResolvers();
  });
  afterEach(() => {
    unwatch?.();
    rmSync(folder, { recursive: true });
  });

  function watching(file: string): void {
    unwatch = watchFile(file, systemClock, () => {
      seen.push(readFileSync(file, "utf8"));
      told.resolve();
    });
    assert.ok(unwatch);
  }

  test("is told once when it is written in steps", async () => {
    const file = join(folder, "a.yaml");
    writeFileSync(file, "one");
    watching(file);
    writeFileSync(file, "");
    writeFileSync(file, "two");
    await told.promise;
    assert.deepEqual(seen, ["two"]);
  });

  test("is told when another one takes its place, and not of its neighbours", async () => {
    const file = join(folder, "a.yaml");
    writeFileSync(file, "one");
    watching(file);
    writeFileSync(join(folder, "b.yaml"), "else");
    writeFileSync(`${file}.new`, "two");
    renameSync(`${file}.new`, file);
    await told.promise;
    assert.deepEqual(seen, ["two"]);
  });

  test("is told when the folder behind it is swapped, as that of a ConfigMap is", async () => {
    for (const name of ["1", "2"]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "a.yaml"), name);
    }
    symlinkSync("1", join(folder, "..data"));
    symlinkSync("..data/a.yaml", join(folder, "a.yaml"));
    watching(join(folder, "a.yaml"));
    symlinkSync("2", join(folder, "..data.new"));
    renameSync(join(folder, "..data.new"), join(folder, "..data"));
    await told.promise;
    assert.deepEqual(seen, ["2"]);
  });

  test("in a folder that is not there cannot be watched", () => {
    assert.equal(
      watchFile(join(folder, "none", "a.yaml"), systemClock, () => undefined),
      undefined,
    );
  });
});
