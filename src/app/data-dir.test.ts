import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteStore } from "../store/index.ts";
import { openDataDir, privateParts } from "./data-dir.ts";
import { meshSecrets } from "./secrets.ts";

test("what holds keys, tokens and Secrets is for its owner only", async () => {
  const base = mkdtempSync(join(tmpdir(), "weft-data-dir-"));
  const dir = openDataDir(join(base, "data"));
  meshSecrets(dir);
  const store = openSqliteStore({ path: dir.store });
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
  await store.write({ type: "create", resource: "secrets", object: secret });
  const mode = (path: string) => statSync(path).mode & 0o077;
  for (const name of readdirSync(dir.path).filter((each) => ![".gitignore", "store.db.holder"].includes(each)))
    assert.equal(mode(join(dir.path, name)), 0, name);
  assert.equal(mode(dir.path), 0);
  assert.ok(privateParts(dir).includes(join(dir.path, "store.db-wal")));
  await store.close();
  rmSync(base, { recursive: true });
});
