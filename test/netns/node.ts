import { fork, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explain, silentLog, systemClock } from "../../src/base/index.ts";
import type { Mount, Sandbox, SandboxSpec } from "../../src/runtime/sandbox.ts";
import { initPidOf, nodeNamespaceCommand, openNetnsHost, probeNetns } from "../../src/runtime/index.ts";

/** Who starts a node in a test. */
export interface Caller {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Why this caller can have no pod network here. */
  readonly skip: string | false;
}

export interface RunRequest {
  readonly pod: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  readonly workingDir?: string;
  /** Sent once the program has written something. */
  readonly signal?: NodeJS.Signals;
  /** Answers once the program has written something, and lets it run. */
  readonly leave?: boolean;
}
export interface RunAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code?: number;
  readonly signal?: NodeJS.Signals;
}
type Request =
  | { readonly kind: "open"; readonly spec: SandboxSpec }
  | { readonly kind: "run"; readonly request: RunRequest }
  | { readonly kind: "connect"; readonly host: string; readonly port: number }
  | { readonly kind: "close"; readonly pod: string };
interface Answer {
  readonly ready?: number;
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The one who runs the test and, when that is root, an ordinary user of this machine. */
export function callers(): Caller[] {
  const uid = process.getuid?.() ?? 0;
  const own = callerOf(uid === 0 ? "root" : "an ordinary user", uid, process.getgid?.() ?? 0);
  if (uid !== 0 || process.platform !== "linux") return [own];
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const ordinary = users.find((fields) => Number(fields[2]) >= 1000 && Number(fields[2]) < 60_000);
  return [own, callerOf("an ordinary user", Number(ordinary?.[2] ?? 65_534), Number(ordinary?.[3] ?? 65_534))];
}

function callerOf(name: string, uid: number, gid: number): Caller {
  if (process.platform !== "linux") return { name, uid, gid, skip: "pod networks need Linux" };
  const probe = spawnSync(process.execPath, [import.meta.filename, "probe"], { uid, gid, encoding: "utf8" });
  const skip =
    probe.status === 0 ? probe.stdout : `this user cannot run the tests: ${probe.stderr || String(probe.error)}`;
  return { name, uid, gid, skip: skip === "" ? false : skip };
}

/** A node namespace with a small agent in it that does what the test asks. */
export class TestNode {
  readonly folder: string;
  /** The agent's pid, seen from here. */
  readonly agentPid: number;
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  static async start(caller: Caller): Promise<TestNode> {
    const folder = mkdtempSync(join(tmpdir(), "weft-netns-"));
    chownSync(folder, caller.uid, caller.gid);
    const { uid, gid } = caller;
    // The runner's own options, with their relative paths, are not for the agent.
    const child = fork(import.meta.filename, ["launch", folder], { uid, gid, cwd: "/", execArgv: [] });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("message", (message: Answer) => resolve(message.ready ?? 0));
      child.once("exit", () => reject(new Error("the agent of the test did not start")));
    });
    return new TestNode(folder, child, pid);
  }

  private constructor(folder: string, child: ChildProcess, agentPid: number) {
    this.folder = folder;
    this.#child = child;
    this.agentPid = agentPid;
    this.ended = new Promise((resolve) => child.once("exit", () => resolve()));
    child.on("message", (answer: Answer) => this.#waiting.get(answer.id ?? 0)?.(answer));
  }

  open(name: string, more: Partial<SandboxSpec> = {}): Promise<{ podIP: string; realIP: string }> {
    const spec = { uid: name, namespace: "shop", name, hostname: name, hostAliases: [], ...more };
    return this.#ask({ kind: "open", spec });
  }

  run(request: RunRequest): Promise<RunAnswer> {
    return this.#ask({ kind: "run", request });
  }

  /** What a program says to a connection of the node itself. */
  connect(host: string, port: number): Promise<string> {
    return this.#ask({ kind: "connect", host, port });
  }

  closePod(pod: string): Promise<void> {
    return this.#ask({ kind: "close", pod });
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  #ask<T>(request: Request): Promise<T> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) =>
        error === undefined ? resolve(value as T) : reject(new Error(error)),
      );
      this.#child.send({ ...request, id });
    });
  }
}

/** Stands between the test and the agent, as the caller. */
async function launch(folder: string): Promise<void> {
  const { command, args } = nodeNamespaceCommand([import.meta.filename, "agent", folder]);
  const agent = spawn(command, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  agent.on("exit", () => process.exit());
  process.on("disconnect", () => agent.connected && agent.disconnect());
  process.on("message", (request: Request) => agent.send(request));
  await new Promise((resolve) => agent.once("message", resolve));
  process.send?.({ ready: await initPidOf(agent.pid ?? 0) });
  agent.on("message", (answer) => process.send?.(answer));
}

async function serve(folder: string): Promise<void> {
  process.on("disconnect", () => process.exit());
  const host = await openNetnsHost({
    scratch: join(folder, "scratch"),
    hidden: [join(folder, "keys"), join(folder, "key")],
    clock: systemClock,
    log: silentLog,
  });
  createServer((socket) => socket.end(`${socket.remoteAddress} came to ${socket.localAddress}`)).listen(
    9080,
    "0.0.0.0",
  );
  const dns = createSocket("udp4", (_, { port, address }) => dns.send("answer", port, address)).bind(53, "10.96.0.10");
  const pods = new Map<string, Sandbox>();
  const answer = async (request: Request): Promise<unknown> => {
    if (request.kind === "connect") return heardFrom(request.host, request.port);
    if (request.kind === "run") return run(pods.get(request.request.pod), request.request);
    if (request.kind === "close") return pods.get(request.pod)?.close();
    const pod = await host.open(request.spec);
    pods.set(request.spec.uid, pod);
    return { podIP: pod.podIP, realIP: pod.realIP };
  };
  process.on("message", (request: Request & { id: number }) => {
    answer(request).then(
      (value) => process.send?.({ id: request.id, value }),
      (error: unknown) => process.send?.({ id: request.id, error: explain(error) }),
    );
  });
  process.send?.({});
}

async function run(pod: Sandbox | undefined, request: RunRequest): Promise<RunAnswer> {
  const text = { stdout: "", stderr: "" };
  const first = Promise.withResolvers<void>();
  const child = await pod?.start({
    container: "main",
    argv: request.argv,
    env: { PATH: "/usr/bin:/bin", ...request.env },
    workingDir: request.workingDir,
    mounts: request.mounts ?? [],
    output(stream, chunk) {
      text[stream] += chunk.toString();
      first.resolve();
    },
  });
  if (request.leave || request.signal) await first.promise;
  if (request.leave) return text;
  if (request.signal) child?.signal(request.signal);
  const end = await child?.exited;
  return { ...text, ...end } as RunAnswer;
}

function heardFrom(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, host).setEncoding("utf8");
    socket.on("data", (chunk) => (heard += String(chunk)));
    socket.on("end", () => resolve(heard)).on("error", reject);
  });
}

if (import.meta.main) {
  const [part, folder = ""] = process.argv.slice(2);
  if (part === "probe") process.stdout.write((await probeNetns()) ?? "");
  else if (part === "launch") await launch(folder);
  else await serve(folder);
}
