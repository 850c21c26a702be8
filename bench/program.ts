/** Programs a bench starts and ends again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** A process pinned to a core where the machine has several and `taskset`. */
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

  static of(program: string, args: readonly string[], core: number, ipc = false): Program {
    const [command, ...rest] = canPin() ? ["taskset", "-c", String(core), program, ...args] : [program, ...args];
    const stdio = ["ignore", "ignore", "pipe", ...(ipc ? (["ipc"] as const) : [])] as const;
    return new Program(spawn(command ?? program, rest, { stdio: [...stdio] }));
  }

  /** One of the programs beside this file. */
  static node(file: string, args: readonly string[], core: number): Program {
    return Program.of(process.execPath, [join(import.meta.dirname, file), ...args], core, true);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  send(message: object): void {
    this.#process.send(message);
  }

  /** The next message. Throws what the program wrote to stderr when it ends instead. */
  message<Message>(): Promise<Message> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const over = this.#process.exitCode !== null;
        if (this.#messages.length === 0 && !over) return;
        this.#process.off("message", look).off("close", look);
        if (this.#messages.length > 0) resolve(this.#messages.shift() as Message);
        else reject(new Error(`a program of the bench ended: ${this.#stderr}`));
      };
      this.#process.on("message", look).on("close", look);
      look();
    });
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill("SIGTERM");
    await once(this.#process, "exit");
  }
}

let pinning: boolean | undefined;

function canPin(): boolean {
  pinning ??= availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;
  return pinning;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until something listens on this port of 127.0.0.1; at most ten seconds. */
export async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
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
