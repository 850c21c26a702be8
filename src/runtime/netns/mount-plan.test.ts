import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fstabLine } from "./fstab.ts";
import { planMounts } from "./mount-plan.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "weft-plan-")));
const machine = join(base, "machine");
const scratch = join(base, "scratch");
const volume = join(scratch, "volume");
mkdirSync(join(machine, "etc", "kept"), { recursive: true });
mkdirSync(volume, { recursive: true });
writeFileSync(join(machine, "etc", "hosts"), "");
symlinkSync("etc", join(machine, "link"));
after(() => rmSync(base, { recursive: true }));

let plans = 0;
const plan = (...paths: string[]) => {
  const folder = join(scratch, `container${plans++}`);
  const mounts = paths.map((path) => ({ source: volume, path, readOnly: false }));
  const made = planMounts(mounts, folder, scratch);
  return {
    folder,
    root: made.root,
    behind: (path: string) => made.behind(path),
    lines: made.fstab.trimEnd().split("\n"),
  };
};

test("a path that exists takes one mount, beside the root and /proc", () => {
  const { root, lines } = plan(join(machine, "etc/kept"));
  assert.deepEqual(lines, [
    `/ ${root} none rbind 0 0`,
    `proc ${root}/proc proc nosuid,nodev,noexec 0 0`,
    `${volume} ${root}${machine}/etc/kept none rbind 0 0`,
  ]);
});

test("what is hidden is empty in there, unless a mount brings it in or covers it", () => {
  const folder = join(scratch, "hiding");
  const key = join(machine, "etc/kept/key");
  writeFileSync(key, "secret");
  const mounts = [{ source: volume, path: join(machine, "etc/new/deeper"), readOnly: false }];
  const hidden = [key, scratch, join(machine, "link/hosts"), join(machine, "nothing")];
  const made = planMounts(mounts, folder, scratch, hidden);
  assert.equal(made.behind(key), join(folder, "hidden-file"));
  assert.equal(made.behind(join(machine, "etc/hosts")), join(folder, "hidden-file"));
  assert.equal(made.behind(volume), undefined);
  assert.equal(made.behind(join(machine, "etc/new/deeper")), volume);
  const covered = [{ source: volume, path: machine, readOnly: false }];
  const { fstab } = planMounts(covered, join(scratch, "covering"), scratch, [key]);
  assert.ok(!fstab.includes("hidden"));
  assert.deepEqual(readdirSync(volume), []);
  rmSync(key);
});

test("a path that is missing stands in a copy of its nearest parent, links followed", () => {
  const { root, folder, lines } = plan(join(machine, "link/new/deeper"));
  const copy = join(folder, "mirror0");
  assert.deepEqual(lines.slice(2), [
    `${machine}/etc/hosts ${copy}/hosts none bind 0 0`,
    `${machine}/etc/kept ${copy}/kept none rbind 0 0`,
    `${copy} ${root}${machine}/etc none rbind 0 0`,
    `${volume} ${root}${machine}/etc/new/deeper none rbind 0 0`,
  ]);
  assert.deepEqual(readdirSync(copy).toSorted(), ["hosts", "kept", "new"]);
  assert.ok(!existsSync(join(machine, "etc/new")));
});

test("a mount is made after what it stands in, in whatever order they were given", () => {
  const { root, lines } = plan(join(machine, "etc/kept/a"), join(machine, "etc/new"), join(machine, "etc/kept"));
  const made = lines.map((line) => line.split(" ")[1]).filter((target) => target?.startsWith(`${root}${machine}`));
  assert.deepEqual(made, [
    `${root}${machine}/etc`,
    `${root}${machine}/etc/new`,
    `${root}${machine}/etc/kept`,
    `${root}${machine}/etc/kept/a`,
  ]);
});

test("what a container's path leads to is found through mounts", () => {
  writeFileSync(join(volume, "program"), "");
  const { behind } = plan(join(machine, "etc/new"));
  assert.equal(behind(join(machine, "link/new/program")), join(volume, "program"));
  assert.equal(behind(join(machine, "etc/hosts")), join(machine, "etc/hosts"));
  assert.equal(behind(join(machine, "etc/none")), undefined);
});

test("blanks, hashes and backslashes of paths are written in octal", () => {
  assert.equal(
    fstabLine("/a b", "/c\t#\\\n", "none", ["bind", "ro"]),
    "/a\\040b /c\\011\\043\\134\\012 none bind,ro 0 0\n",
  );
});
