import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { Fault } from "../../base/index.ts";

/** The file a program's name means, as a shell would find it; a Fault when there is none that may be run. */
export function findProgram(name: string, path: string | undefined, folder: string): string {
  if (name.includes("/") || isAbsolute(name)) {
    const file = resolve(folder, name);
    if (isExecutable(file)) return file;
    throw new Fault("StartError", `there is no program ${file}`, {
      remedy: "give the path of a program on this machine in the container's command",
    });
  }
  for (const each of (path ?? "").split(delimiter)) {
    const file = resolve(folder, join(each || ".", name));
    if (isExecutable(file)) return file;
  }
  throw new Fault("StartError", `there is no program "${name}" in the folders of PATH (${path ?? ""})`, {
    remedy: "install it, or give its path in the container's command",
  });
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
