import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { codeOf, Fault } from "../base/index.ts";

/** Where one mesh keeps everything between runs. Secrets in it are readable by their owner only. */
export interface DataDir {
  readonly path: string;
  readonly store: string;
  readonly secrets: string;
  readonly kubeconfig: string;
  /** Who runs here now, and at which addresses. */
  readonly record: string;
  /** The agent's own state: logs of pods, leftovers to end. */
  readonly agent: string;
  /** What Weft's own processes have to say. */
  readonly log: string;
}

/** Makes the folder when it is not there; a Fault says why it cannot be used. */
export function openDataDir(path: string): DataDir {
  const dir = dataDirAt(path);
  try {
    mkdirSync(dir.path, { recursive: true, mode: 0o700 });
    chmodSync(dir.path, 0o700);
    mkdirSync(dir.agent, { recursive: true, mode: 0o700 });
    writeFileSync(join(dir.path, ".gitignore"), "*\n");
    makePrivate(dir.store);
    removePartials(dir.path);
  } catch (error) {
    throw new Fault("data-dir", `cannot use the data directory ${dir.path}: ${reason(error)}`, {
      remedy: "give a folder you may write to with --data-dir, or make room on the disk",
      cause: error,
    });
  }
  return dir;
}

/** What a process was writing when it was killed; see `writePrivate`. */
function removePartials(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid] = /\.(\d+)\.partial$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** SQLite gives what it makes beside a file the file's own mode: Secrets are in there. */
function makePrivate(store: string): void {
  try {
    writeFileSync(store, "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/** The paths, whether or not anything is there. */
export function dataDirAt(path: string): DataDir {
  const full = resolve(path);
  return {
    path: full,
    store: join(full, "store.db"),
    secrets: join(full, "secrets.json"),
    kubeconfig: join(full, "kubeconfig"),
    record: join(full, "running.json"),
    agent: join(full, "node"),
    log: join(full, "weft.log"),
  };
}

/** What holds keys and tokens: of the mesh, and in their volumes of its pods. */
export function privateParts({ agent, secrets, kubeconfig, store }: DataDir): readonly string[] {
  return [agent, secrets, kubeconfig, store, `${store}-wal`];
}

/** Writes a file whole or not at all, readable by its owner only. */
export function writePrivate(path: string, text: string): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeFileSync(partial, text, { mode: 0o600, flush: true });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw new Fault("data-dir", `cannot write ${path}: ${reason(error)}`, {
      remedy: "give a folder you may write to with --data-dir, or make room on the disk",
      cause: error,
    });
  }
}

/** Undefined when the file is not there. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw new Fault("data-dir", `cannot read ${path}: ${reason(error)}`, { cause: error });
  }
}

/** In plain words, why a file cannot be read or written. */
export function reason(error: unknown): string {
  switch (codeOf(error)) {
    case "ENOSPC":
      return "the disk is full";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    case "ENOTDIR":
    case "EEXIST":
      return "a file stands in its place";
    case undefined:
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
