import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { FileOrder } from "../contract.ts";
import { Volumes } from "./volumes.ts";

let root = "";
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "weft-volumes-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const file = (path: string, text: string, mode = 0o644): FileOrder => ({
  path,
  contentBase64: Buffer.from(text).toString("base64"),
  mode,
});
const mount = (name: string, mountPath: string, more = {}) => ({ volumeMounts: [{ name, mountPath, ...more }] });

describe("volumes", () => {
  it("of files carry their modes and nested paths, read-only", async () => {
    const volumes = new Volumes(join(root, "v"));
    await volumes.write({ config: { kind: "files", files: [file("a", "1"), file("deep/b", "2", 0o400)] } });
    const [only] = await volumes.mountsOf(mount("config", "/etc/config"));
    assert.deepEqual(only, { source: join(root, "v/config"), path: "/etc/config", readOnly: true });
    assert.equal(readFileSync(join(root, "v/config/deep/b"), "utf8"), "2");
    assert.equal(statSync(join(root, "v/config/deep/b")).mode & 0o777, 0o400);
  });

  it("of files change at one moment and keep no old version", async () => {
    const volumes = new Volumes(join(root, "v"));
    await volumes.write({ config: { kind: "files", files: [file("a", "1"), file("b", "1")] } });
    await volumes.write({ config: { kind: "files", files: [file("a", "2"), file("c", "2")] } });
    assert.equal(readFileSync(join(root, "v/config/a"), "utf8"), "2");
    assert.deepEqual(readdirSync(join(root, "v/config")).sort(), ["..2", "..data", "a", "c"]);
  });

  it("that are empty may be written, below a subPath too", async () => {
    const volumes = new Volumes(join(root, "v"));
    await volumes.write({ scratch: { kind: "empty" } });
    const [only] = await volumes.mountsOf(mount("scratch", "/tmp", { subPath: "x/y" }));
    assert.deepEqual(only, { source: join(root, "v/scratch/x/y"), path: "/tmp", readOnly: false });
    assert.ok(statSync(join(root, "v/scratch/x/y")).isDirectory());
  });

  it("never lead out of themselves", async () => {
    const volumes = new Volumes(join(root, "v"));
    await volumes.write({ scratch: { kind: "empty" } });
    await assert.rejects(volumes.mountsOf(mount("scratch", "/x", { subPath: "../other" })), /leads out/);
    symlinkSync("/", join(root, "v/scratch/link"));
    await assert.rejects(volumes.mountsOf(mount("scratch", "/x", { subPath: "link/etc" })), /leads out/);
    await assert.rejects(volumes.mountsOf(mount("scratch", "/x", { subPath: "link/no/such" })), /leads out/);
    assert.ok(!existsSync("/no/such"));
  });

  it("of the user's machine must be there and of the type that was asked for", async () => {
    const volumes = new Volumes(join(root, "v"));
    const here = { here: { kind: "host", path: join(root, "made") } } as const;
    await assert.rejects(volumes.write(here), /there is no/);
    const typed = (type: string) => [{ name: "here", hostPath: { path: "", type } }] as never;
    await assert.rejects(volumes.write(here, typed("Directory")), /there is no/);
    await volumes.write(here, typed("DirectoryOrCreate"));
    assert.deepEqual(await volumes.mountsOf(mount("here", "/data", { readOnly: true })), [
      { source: join(root, "made"), path: "/data", readOnly: true },
    ]);
    await volumes.remove();
    assert.ok(existsSync(join(root, "made")));
  });
});
