import { type ChildProcess, spawn, type SpawnOptionsWithStdioTuple } from "node:child_process";
import { type Clock, codeOf, explain, Fault } from "../../base/index.ts";
import type { ProcessSpec, SandboxProcess } from "../sandbox.ts";
import type { Reaper } from "./reaper.ts";

export interface Launch {
  readonly program: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Linux: the launcher that ties a program's life to the agent's. */
  readonly setpriv: string | undefined;
  readonly reaper: Reaper;
  readonly clock: Clock;
}

/** How long output may still come after the program itself has ended, in milliseconds. */
const drainTime = 1000;

/** Starts a program as the head of a process group of its own; the group ends with it. */
export async function startProcess(spec: ProcessSpec, launch: Launch): Promise<SandboxProcess> {
  const { program, folder: cwd, env, setpriv, reaper, clock } = launch;
  const [name = "", ...args] = spec.argv;
  const options: SpawnOptionsWithStdioTuple<"ignore", "pipe", "pipe"> = {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  };
  const child = setpriv
    ? spawn(setpriv, ["--pdeathsig", "KILL", "--", program, ...args], options)
    : spawn(program, args, { ...options, argv0: name });
  child.stdout.on("data", (chunk: Buffer) => spec.output("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => spec.output("stderr", chunk));
  await started(child, name);
  const pid = child.pid ?? 0;
  reaper.watch(pid);

  let running = true;
  const exited: SandboxProcess["exited"] = new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      running = false;
      // What the program started ends with it, as the processes of a container do.
      kill(child, "SIGKILL");
      reaper.forget(pid);
      const end = () => {
        timer.cancel();
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ code: code ?? undefined, signal: signal ?? undefined });
      };
      const timer = clock.after(drainTime, end);
      child.once("close", end);
    });
  });
  return {
    pid,
    exited,
    signal: (signal) => {
      if (running) kill(child, signal);
    },
  };
}

function started(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("spawn", () => {
      // A later error is that of a signal that could not be sent; `exited` tells the rest.
      child.on("error", () => undefined);
      resolve();
    });
    child.once("error", (cause) => {
      reject(new Fault("StartError", `cannot start ${name}: ${explain(cause)}`, { cause }));
    });
  });
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (process.platform === "win32") child.kill(signal);
    else if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    // macOS says EPERM for a group whose last member is a zombie.
    if (codeOf(error) !== "ESRCH" && codeOf(error) !== "EPERM") throw error;
  }
}
