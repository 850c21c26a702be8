import { type ChildProcess, type SendHandle, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { getCompileCacheDir } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "../runtime/index.ts";
import { Backoff, type Clock, explain, type Log, systemChance } from "../base/index.ts";

/** The program of one of Weft's own processes, beside this file: `.ts` in a checkout, `.js` in the package. */
export function entryOf(name: "agent-process" | "proxy-process" | "worker-process"): string {
  return fileURLToPath(new URL(`./${name}${extname(import.meta.filename)}`, import.meta.url));
}

/** Flags and environment every process of Weft's own gets. */
function ownEnvironment(): Record<string, string> {
  const cache = getCompileCacheDir();
  return {
    PATH: process.env["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ...(process.env["HOME"] === undefined ? {} : { HOME: process.env["HOME"] }),
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
  };
}

export interface OwnProcessOptions {
  /** For the log: `proxy`, `node agent`. */
  readonly name: string;
  /** argv; made anew for each start, since namespaces to enter change. A start waits for it. */
  readonly command: () => Promise<Command>;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and error go to the end of this file; absent: to those of this process. */
  readonly logFile?: string;
  readonly clock: Clock;
  readonly log: Log;
  started(pid: number): void;
  message(message: unknown, handle: SendHandle | undefined): void;
  /** It ended, and nobody asked it to. False: do not start it again. */
  died(how: string): boolean;
  /** It ended, asked to or not. */
  readonly gone?: () => void;
}

/** Keeps one process running until `stop`; when it dies it is started again, at once first, then with growing pauses. */
export class OwnProcess {
  readonly #options: OwnProcessOptions;
  readonly #backoff = new Backoff({ base: 50, max: 5_000 }, systemChance);
  #child: ChildProcess | undefined;
  #stopping = false;
  #startedAt = 0;

  constructor(options: OwnProcessOptions) {
    this.#options = options;
    void this.#attempt();
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    const child = this.#child;
    return child?.exitCode === null && child.signalCode === null ? child.pid : undefined;
  }

  /** Its own pid, not that of the program that led it into a namespace and waits for it. */
  get innerPid(): number | undefined {
    const { pid } = this;
    if (pid === undefined || process.platform !== "linux") return pid;
    try {
      const child = Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1"), 10);
      return child > 0 ? child : pid;
    } catch {
      return pid;
    }
  }

  /** Drops the message when the process is gone: its successor is told everything anew. */
  send(message: object, handle?: SendHandle, sent?: () => void): void {
    const child = this.#child;
    if (!child?.connected) return sent?.();
    child.send(message, handle, {}, () => sent?.());
  }

  /** It is about to end with something else; it is not started again. */
  expectEnd(): void {
    this.#stopping = true;
  }

  /** Asks it to end by closing its channel, ends it by force after `grace` milliseconds. */
  async stop(grace: number): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), grace);
    await gone;
    clearTimeout(timer);
  }

  /** Ends the process at once; it is started again. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  async #attempt(): Promise<void> {
    this.#startedAt = this.#options.clock.monotonic();
    try {
      await this.#start();
    } catch (error) {
      this.#ended(`could not be started (${explain(error)})`);
    }
  }

  async #start(): Promise<void> {
    const { command, args } = await this.#options.command();
    if (this.#stopping) return;
    const { logFile } = this.#options;
    const output = logFile === undefined ? undefined : openSync(logFile, "a", 0o600);
    this.#startedAt = this.#options.clock.monotonic();
    const child = spawn(command, args, {
      stdio: ["ignore", output ?? "inherit", output ?? "inherit", "ipc"],
      env: { ...ownEnvironment(), ...this.#options.env },
      // Its own session: the terminal's Ctrl-C is for the first process, which ends the others in order.
      detached: true,
    });
    if (output !== undefined) closeSync(output);
    this.#child = child;
    let over = false;
    const ended = (how: string) => {
      if (over) return;
      over = true;
      // What ended may have been a wrapper (nsenter): whoever still holds the other end of the channel ends too.
      if (child.connected) child.disconnect();
      this.#options.gone?.();
      this.#ended(how);
    };
    child.on("error", (error) => ended(error.message));
    child.on("exit", (code, signal) => ended(signal ? `killed by ${signal}` : `ended with exit code ${code ?? 0}`));
    child.on("message", (message, handle) => this.#options.message(message, handle));
    if (child.pid !== undefined) this.#options.started(child.pid);
  }

  #ended(how: string): void {
    if (this.#stopping) return;
    if (this.#options.clock.monotonic() - this.#startedAt > 10_000) this.#backoff.reset();
    if (!this.#options.died(how)) return;
    const delay = this.#backoff.next();
    this.#options.log.warning(`the ${this.#options.name} ${how}; starting it again`, { delay: Math.round(delay) });
    this.#options.clock.after(delay, () => {
      if (!this.#stopping) void this.#attempt();
    });
  }
}
