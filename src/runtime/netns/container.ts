import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Readable } from "node:stream";
import { Fault, type Clock } from "../../base/index.ts";
import { notAProgram, notInPath } from "../missing-program.ts";
import type { Mount, ProcessSpec, SandboxProcess } from "../sandbox.ts";
import { planMounts, runs, type MountPlan } from "./mount-plan.ts";
import { initPidOf } from "./node-namespace.ts";
import { program, signalProcess } from "./programs.ts";
import { wakeWithProgram } from "./stopped.ts";

/** Where a container is started. */
export interface Surroundings {
  /** Pid 1 of the pod. */
  readonly podPid: number;
  /** This container's own, empty. */
  readonly folder: string;
  /** All of the agent's folders: paths missing in there may be made. */
  readonly scratch: string;
  /** What every container of the pod has besides its own mounts. */
  readonly mounts: readonly Mount[];
  /** Files and folders of the machine that programs find empty. */
  readonly hidden: readonly string[];
  readonly clock: Clock;
}

// Until "ok" is written to fd 3, what goes wrong is the agent's to tell; stderr belongs to the program.
const startScript = `
exec 4>&2 2>&3
"$1" --all --fstab "$2" && cd "$3" && "$4" . . && "$5" --lazy . && cd "$6" || exit 1
shift 6
unset OLDPWD
echo ok >&3
exec 2>&4 3>&- 4>&-
exec "$@"
`;

/** Starts a program in the namespaces of its pod, with a root of its own; it leads a session. */
export async function startContainer(spec: ProcessSpec, around: Surroundings): Promise<SandboxProcess> {
  // What cannot be removed yet goes with the pod.
  const tidy = () => rm(around.folder, { recursive: true, force: true }).catch(() => undefined);
  try {
    const started = await start(spec, around);
    void started.exited.then(tidy);
    return started;
  } catch (error) {
    await tidy();
    throw error;
  }
}

async function start(spec: ProcessSpec, around: Surroundings): Promise<SandboxProcess> {
  mkdirSync(around.folder, { recursive: true });
  const plan = planMounts([...around.mounts, ...spec.mounts], around.folder, around.scratch, around.hidden);
  const workingDir = spec.workingDir ?? "/";
  checkProgram(spec, plan, workingDir);
  const fstab = join(around.folder, "fstab");
  writeFileSync(fstab, plan.fstab);

  const enter = ["--target", String(around.podPid), "--net", "--uts", "--ipc", "--pid", program("setsid")];
  const mountsOfItsOwn = [program("unshare"), "--mount", "--propagation", "private"];
  const values = [program("mount"), fstab, plan.root, program("pivot_root"), program("umount"), workingDir];
  const script = [program("sh"), "-c", startScript, "weft-container", ...values];
  const args = [...enter, ...mountsOfItsOwn, ...script, ...asCaller(), ...spec.argv];
  // A session of its own: Ctrl-C at the user's terminal is for Weft, not for what waits on programs.
  const stdio = ["ignore" as const, "pipe" as const, "pipe" as const, "pipe" as const];
  const child = spawn(program("nsenter"), args, { env: spec.env, stdio, cwd: "/", detached: true });
  const exited = exitOf(child, spec, around.clock);
  await takenOver(child, spec);
  const pid = await pidOf(child);
  wakeWithProgram(child, pid, around.clock);
  void exited.then(() => signalProcess(-pid, "SIGKILL"));
  return {
    pid,
    exited,
    signal(signal) {
      signalProcess(-pid, signal);
      // Otherwise it would take `wakeWithProgram` a while to see.
      if (signal === "SIGCONT" || signal === "SIGKILL") child.kill("SIGCONT");
    },
  };
}

function checkProgram(spec: ProcessSpec, plan: MountPlan, workingDir: string): void {
  const name = spec.argv[0];
  if (name === undefined || name === "") {
    throw new Fault("StartError", `the container ${spec.container} has no command`);
  }
  if (plan.behind(workingDir) === undefined) {
    throw new Fault("StartError", `there is no folder ${workingDir} to start in`, {
      remedy: "make it, or change the container's workingDir",
    });
  }
  const behind = (place: string) => plan.behind(isAbsolute(place) ? place : join(workingDir, place));
  if (name.includes("/")) {
    const file = behind(name);
    if (!runs(file)) throw notAProgram(name, file !== undefined);
  } else if (
    !(spec.env["PATH"] ?? "/bin:/usr/bin").split(":").some((folder) => runs(behind(`${folder || "."}/${name}`)))
  ) {
    throw notInPath(name);
  }
}

/** An ordinary user is root only to the node namespace; the user's programs run under the user's own ids again. */
function asCaller(): string[] {
  const idOf = (map: string) => {
    const [, outside, count] = readFileSync(`/proc/self/${map}`, "latin1").trim().split(/\s+/);
    return count === "1" ? outside : undefined;
  };
  const user = idOf("uid_map");
  const group = idOf("gid_map");
  if (user === undefined || group === undefined) return [];
  return [program("unshare"), "--user", `--map-user=${user}`, `--map-group=${group}`, "--"];
}

/** Resolves when the program has taken over; rejects with what the set-up said. */
function takenOver(child: ChildProcess, spec: ProcessSpec): Promise<void> {
  return new Promise((resolve, reject) => {
    const report = child.stdio[3] as Readable;
    let said = "";
    // nsenter keeps its end of the pipe, so a success has no end to wait for.
    report.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
      if (!/^ok$/m.test(said)) return;
      report.destroy();
      resolve();
    });
    report.on("end", () => {
      const why = said.trim() || "its namespaces cannot be entered";
      reject(new Fault("container-start", `the container ${spec.container} cannot start: ${why}`));
    });
    child.on("error", reject);
  });
}

async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid === undefined) throw new Error("a process that started has a pid");
  try {
    return await initPidOf(child.pid);
  } catch {
    // It was over before anyone looked: nothing is left to signal.
    return child.pid;
  }
}

function exitOf(child: ChildProcess, spec: ProcessSpec, clock: Clock): SandboxProcess["exited"] {
  child.stdout?.on("data", (chunk: Buffer) => spec.output("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => spec.output("stderr", chunk));
  return new Promise((resolve) => {
    child.on("exit", (code, signal) => {
      const end = () => {
        timer.cancel();
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code: code ?? undefined, signal: signal ?? undefined });
      };
      // Something the program left behind may hold the streams open for ever.
      const timer = clock.after(1000, end);
      child.on("close", end);
    });
  });
}
