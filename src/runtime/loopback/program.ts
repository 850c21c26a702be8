import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { Fault } from "../../base/index.ts";
import { notAProgram, notInPath } from "../missing-program.ts";

/** The file a program's name means, as a shell would find it; a Fault when there is none that may be run. */
export function findProgram(name: string, path: string | undefined, folder: string): string {
  if (name.includes("/") || isAbsolute(name)) {
    const file = resolve(folder, name);
    if (isExecutable(file)) return file;
    throw notAProgram(file, existsSync(file));
  }
  for (const each of (path ?? "").split(delimiter)) {
    const file = resolve(folder, join(each || ".", name));
    if (isExecutable(file)) return file;
  }
  throw notInPath(name);
}

/** The folder to start in; a Fault when it is not there. */
export function checkFolder(folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new Fault("StartError", `there is no folder ${folder} to start in`, {
    remedy: "make it, or change the container's workingDir",
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
