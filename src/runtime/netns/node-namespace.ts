import { readFile } from "node:fs/promises";
import { explain } from "../../base/index.ts";
import { findProgram, neededPrograms, program, run } from "./programs.ts";

/** A program and its arguments, for `spawn`. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

// `--kill-child` ties the inner pid 1 to `unshare`: kill either and everything inside ends.
const separate = [
  "--net",
  "--mount",
  "--pid",
  "--uts",
  "--ipc",
  "--fork",
  "--kill-child=KILL",
  "--mount-proc",
  "--propagation",
  "private",
];

const asRoot = () => process.getuid?.() === 0;

// Only the caller's own id is mapped, so the files inside belong to whom they belong outside.
const nodeFlags = () => (asRoot() ? separate : ["--user", "--map-root-user", ...separate]);

// Pid 1 inherits orphans, and no pod's namespace ends before its own are reaped; Node reaps only its own children.
const reaperScript = '"$@" & wait $!';

/**
 * How to start one of Weft's programs as the first of a new node namespace, which ends with it; Node's IPC channel passes through.
 * Spawn it `detached`, or Ctrl-C at a terminal reaches it before Weft has ended its pods in order.
 */
export function nodeNamespaceCommand(entry: readonly string[]): Command {
  const reaper = [program("sh"), "-c", reaperScript, "weft-node"];
  return { command: program("unshare"), args: [...nodeFlags(), ...reaper, process.execPath, ...entry] };
}

/**
 * How the host starts another of Weft's programs inside the node namespace; `agentHostPid` is the pid `initPidOf` gave.
 * Spawn it `detached` too. The child is `nsenter`, which waits: end the program through its IPC channel, not by a signal.
 */
export function enterNodeNamespace(agentHostPid: number, entry: readonly string[]): Command {
  const spaces = ["--net", "--mount", "--pid", "--uts", "--ipc"];
  const args = ["--target", String(agentHostPid), ...(asRoot() ? [] : ["--user", "--preserve-credentials"]), ...spaces];
  // The mount namespace would put the program at `/`.
  return { command: program("nsenter"), args: [...args, `--wd=${process.cwd()}`, process.execPath, ...entry] };
}

/** The pid, as the caller sees it, of the process that `unshare --fork` made pid 1 of its namespace. */
export async function initPidOf(unsharePid: number): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const children = await readFile(`/proc/${unsharePid}/task/${unsharePid}/children`, "latin1");
    const first = Number.parseInt(children, 10);
    if (first > 0) return first;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`the process ${unsharePid} has made no child`);
}

/** Undefined when this user can have a pod network here; otherwise one sentence that says why not and what to do. */
export async function probeNetns(): Promise<string | undefined> {
  if (process.platform !== "linux")
    return `pod networks need Linux, and this is ${process.platform}; use \`--network loopback\`.`;
  const missing = neededPrograms.filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) {
    const names = missing.map((name) => `\`${name}\``).join(", ");
    return `${names} cannot be found; install util-linux, mount, iproute2 and hostname, or use \`--network loopback\`.`;
  }
  try {
    const trial = "link add weft0 type bridge\nlink add one type veth peer name two\n";
    await run("unshare", [...nodeFlags(), program("ip"), "-batch", "-"], trial);
    return undefined;
  } catch (error) {
    return reasonOf(explain(error), await switches());
  }
}

interface Switches {
  readonly clone: boolean;
  readonly apparmor: boolean;
  readonly none: boolean;
}

async function switches(): Promise<Switches> {
  const read = (path: string) =>
    readFile(`/proc/sys/${path}`, "latin1").then(
      (text) => text.trim(),
      () => undefined,
    );
  const [clone, apparmor, most] = await Promise.all([
    read("kernel/unprivileged_userns_clone"),
    read("kernel/apparmor_restrict_unprivileged_userns"),
    read("user/max_user_namespaces"),
  ]);
  return { clone: clone === "0", apparmor: apparmor === "1", none: most === "0" };
}

function reasonOf(said: string, off: Switches): string {
  const instead = "or run as root, or use `--network loopback`.";
  const set = (name: string) =>
    `user namespaces are forbidden to ordinary users here; allow them with \`sudo sysctl ${name}\`, ${instead}`;
  if (!asRoot()) {
    if (off.clone) return set("kernel.unprivileged_userns_clone=1");
    if (off.apparmor) return set("kernel.apparmor_restrict_unprivileged_userns=0");
    if (off.none) return set("user.max_user_namespaces=15000");
  }
  const line = said.replace(/\s+/g, " ").replace(/\.$/, "");
  if (/unknown device type|not supported/i.test(said)) {
    return `this kernel has no bridge or veth devices (${line}); load them with \`sudo modprobe bridge veth\`, or use \`--network loopback\`.`;
  }
  return `namespaces cannot be made here (${line}); in a container give it \`--privileged\`, elsewhere use \`--network loopback\`.`;
}
