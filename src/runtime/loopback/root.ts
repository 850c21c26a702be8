import { mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "../../base/index.ts";
import type { Mount } from "../sandbox.ts";

/**
 * Without namespaces nothing can stand at a container's mount paths, and nothing is written outside Weft's folder.
 * So each container has a folder of links, and programs find a mount at `$WEFT_ROOT` + its path;
 * `readOnly` is not enforced. Returns the mounts that cannot be shown because they stand inside another one.
 */
export function linkMounts(root: string, mounts: readonly Mount[]): readonly Mount[] {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const shown: Mount[] = [];
  const hidden: Mount[] = [];
  for (const mount of mounts.toSorted((one, other) => one.path.length - other.path.length)) {
    const nested = shown.some(({ path }) => isWithin(mount.path, path));
    (nested ? hidden : shown).push(mount);
    if (!nested) link(mount.source, join(root, mount.path));
  }
  return hidden;
}

/** Where `path` of a container is on this machine: below the root when it is in a mount, else itself. */
export function locate(root: string, mounts: readonly Mount[], path: string): string {
  return mounts.some((mount) => isWithin(path, mount.path)) ? join(root, path) : path;
}

function link(source: string, target: string): void {
  const found = statSync(source, { throwIfNoEntry: false });
  if (!found) {
    throw new Fault("StartError", `there is nothing at ${source} to mount`, {
      remedy: "make the file or folder, or change the pod's hostPath",
    });
  }
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(source, target, found.isDirectory() ? "junction" : "file");
}

function isWithin(path: string, folder: string): boolean {
  const base = folder.replace(/\/+$/, "");
  return path === base || path.startsWith(`${base}/`);
}
