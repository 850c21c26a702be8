/** Programs a bench starts and ends again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** Proxies on one core, load and origin on another: neither steals time from the other. */
export const cores = { proxy: 1, rest: 0 };

/** Milliseconds a program has to end when it is asked to. */
const patience = 5000;

interface Start {
  readonly core: number;
  readonly ipc?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** A process pinned to a core where the machine has several and `taskset`; it does not outlive this one. */
export class Program {
  readonly #process: ChildProcess;
  readonly #messages: unknown[] = [];
  #stderr = "";

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on("message", (message) => void this.#messages.push(message));
    // A program that cannot be started ends too; what waits for it says so.
    process.on("error", (error) => void (this.#stderr += error.message));
    process.stderr?.on("data", (text: Buffer) => (this.#stderr = (this.#stderr + text.toString()).slice(-4000)));
  }

  static of(program: string, args: readonly string[], { core, ipc, env }: Start): Program {
    const [command, ...rest] = [...wrapping(core), program, ...args];
    const stdio = ["ignore", "ignore", "pipe", ...(ipc ? (["ipc"] as const) : [])] as const;
    return new Program(spawn(command ?? program, rest, { stdio: [...stdio], env: { ...process.env, ...env } }));
  }

  /** One of the programs beside this file, that talk with us by messages. */
  static node(file: string, args: readonly string[], core: number, env: NodeJS.ProcessEnv = {}): Program {
    return Program.of(process.execPath, [join(import.meta.dirname, file), ...args], { core, ipc: true, env });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get over(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** The end of what it wrote to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  send(message: object): void {
    this.#process.send(message);
  }

  /** The next message. Throws what the program wrote to stderr when it ends instead, or when none comes in time. */
  message<Message>(milliseconds = 60_000): Promise<Message> {
    return new Promise((resolve, reject) => {
      const settle = (run: () => void) => {
        clearTimeout(timer);
        this.#process.off("message", look).off("close", look);
        run();
      };
      const look = () => {
        if (this.#messages.length > 0) settle(() => resolve(this.#messages.shift() as Message));
        else if (this.over) settle(() => reject(new Error(`a program of the bench ended: ${this.#stderr}`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`no answer within ${milliseconds / 1000} s`))),
        milliseconds,
      );
      this.#process.on("message", look).on("close", look);
      look();
    });
  }

  async close(): Promise<void> {
    if (this.over) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), patience);
    await exit;
    clearTimeout(timer);
  }
}

/** A message of one of our load programs: what it counted, or what went wrong. */
export async function answerOf<Answer extends object>(program: Program, milliseconds?: number): Promise<Answer> {
  const answer = await program.message<Answer | { readonly error: string }>(milliseconds);
  if ("error" in answer) throw new Error(answer.error);
  return answer;
}

/** What a program is started by: pinned to its core, ended by the system when this process ends, however that comes. */
export function wrapping(core: number): readonly string[] {
  return [
    ...(has("setpriv") ? ["setpriv", "--pdeathsig", "KILL", "--"] : []),
    ...(availableParallelism() > 1 && has("taskset") ? ["taskset", "-c", String(core)] : []),
  ];
}

const found = new Map<string, boolean>();

function has(program: string): boolean {
  const known = found.get(program) ?? spawnSync(program, ["--version"]).status === 0;
  found.set(program, known);
  return known;
}

/** The first of what a program complained of, without the place in our own files. */
function firstFault(stderr: string): string {
  return (
    stderr
      .trim()
      .split("\n", 1)[0]
      ?.replace(/^.*error: /, "") || "it ended without a word"
  );
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until the program listens on this port of 127.0.0.1; at most ten seconds. */
export async function listening(port: number, program: Program): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (program.over) throw new Error(firstFault(program.stderr));
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}
