/** What a mesh that has ended must not leave on the machine. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Everything of a mesh that is still there: processes that name its folder, mounts in it, a record of a run, half-written files. */
export function leftovers(folder: string, dataDir = join(folder, "data")): string[] {
  return [
    ...processesNaming(folder).map(({ pid, text }) => `process ${pid}: ${text}`),
    ...readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(`${folder}/`)),
    ...(existsSync(join(dataDir, "running.json")) ? ["running.json"] : []),
    ...(statSync(dataDir, { throwIfNoEntry: false })?.isDirectory()
      ? readdirSync(dataDir).filter((name) => name.endsWith(".partial"))
      : []),
  ];
}

/** Living processes whose arguments or environment name a folder; a program in a namespace of its own is one of them. */
export function processesNaming(folder: string): { readonly pid: number; readonly text: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, "latin1");
        const text = command + readFileSync(`/proc/${name}/environ`, "latin1");
        const isGone = /^[ZX]/.test(readFileSync(`/proc/${name}/stat`, "latin1").split(") ").at(-1) ?? "Z");
        return text.includes(folder) && !isGone ? [{ pid: Number(name), text: command.replaceAll("\0", " ") }] : [];
      } catch {
        return [];
      }
    });
}
