import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Clock } from "../../base/index.ts";

const pause = 1000;

/**
 * `nsenter` stops itself whenever its program is stopped, and nothing tells it when somebody else lets the program go on:
 * it would then miss the program's end. So it is woken once only it is stopped.
 */
export function wakeWithProgram(nsenter: ChildProcess, programPid: number, clock: Clock): void {
  clock.after(pause, () => {
    if (nsenter.pid === undefined || nsenter.exitCode !== null || nsenter.signalCode !== null) return;
    if (isStopped(nsenter.pid) && !isStopped(programPid)) nsenter.kill("SIGCONT");
    wakeWithProgram(nsenter, programPid, clock);
  });
}

function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The state follows the program's name, which may hold anything but ends with the last parenthesis.
    return stat.startsWith(") T", stat.lastIndexOf(")"));
  } catch {
    return false;
  }
}
