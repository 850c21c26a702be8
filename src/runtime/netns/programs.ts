import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { codeOf, Fault } from "../../base/index.ts";

/** What the pod network needs of the machine: all in Debian's `util-linux`, `mount`, `iproute2`, `hostname` and `coreutils`. */
export const neededPrograms = [
  "unshare",
  "nsenter",
  "setsid",
  "mount",
  "umount",
  "pivot_root",
  "ip",
  "hostname",
  "sleep",
  "sh",
] as const;
export type Program = (typeof neededPrograms)[number];

const found = new Map<Program, string>();

/** Where a program stands, looked for on PATH and in the system folders that ordinary users often lack there. */
export function findProgram(name: Program): string | undefined {
  const known = found.get(name);
  if (known !== undefined) return known;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  for (const folder of folders) {
    if (!folder.startsWith("/")) continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      found.set(name, path);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** The absolute path of a program that `probeNetns` has seen. */
export function program(name: Program): string {
  const path = findProgram(name);
  if (path === undefined) throw new Fault("program-missing", `the program \`${name}\` is not installed`);
  return path;
}

/** Runs a program to its end with `input` on its stdin; rejects with what it said on stderr when it fails. */
export function run(name: Program, args: readonly string[], input = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program(name), args, { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(0, 4000)));
    child.stdin.on("error", () => undefined);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Fault("program-failed", `${name} failed: ${said.trim() || (signal ?? `exit code ${code}`)}`));
    });
    child.stdin.end(input);
  });
}

/** Signals a process (a process group when `pid` is negative) that may be gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}
