import { Fault } from "../base/index.ts";

/** A path that leads to no program: to nothing at all, or to what may not be executed. */
export function notAProgram(file: string, isThere: boolean): Fault {
  return isThere
    ? new Fault("StartError", `${file} is there, but may not be executed`, {
        remedy: `\`chmod +x ${file}\`, or name the program that runs it first in the container's command`,
      })
    : new Fault("StartError", `there is no program ${file}`, {
        remedy: "give the path of a program on this machine in the container's command",
      });
}

/** A name that none of the folders of PATH has a program for. */
export function notInPath(name: string): Fault {
  return new Fault("StartError", `there is no program "${name}" in the folders of PATH`, {
    remedy: "install it, or give its path in the container's command",
  });
}
