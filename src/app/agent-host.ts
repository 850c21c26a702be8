import { type Clock, Fault, type Log } from "../base/index.ts";
import {
  type AgentCommand,
  type AgentReport,
  type Command,
  enterNodeNamespace,
  initPidOf,
  nodeNamespaceCommand,
} from "../runtime/index.ts";
import { entryOf, OwnProcess } from "./own-process.ts";

export interface AgentHostOptions {
  readonly network: "netns" | "loopback";
  readonly folder: string;
  readonly logDir: string;
  /** What programs of pods are not to see, where they can be kept from it. */
  readonly hidden: readonly string[];
  readonly logFile: string;
  readonly clock: Clock;
  readonly log: Log;
  report(report: AgentReport): void;
  /** It died, and every pod with it. */
  lost(): void;
}

/** Milliseconds the first agent may take to get ready. */
const startLimit = 20_000;

/** Runs the node agent; in `netns` its namespace is the one everything else lives in. */
export class AgentHost {
  readonly #options: AgentHostOptions;
  readonly #process: OwnProcess;
  /** Of the agent that runs or starts now: whoever waits for it may well wait through several that died at once. */
  #ready = Promise.withResolvers<void>();
  #isReady = false;
  #wasReady = false;
  #initPid: Promise<number> | undefined;
  #failure: string | undefined;
  #ended: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: AgentHostOptions) {
    this.#options = options;
    const { network, folder, logDir, hidden } = options;
    const entry = [entryOf("agent-process"), network, folder, logDir, ...hidden];
    const plain: Command = { command: process.execPath, args: entry };
    this.#process = new OwnProcess({
      name: "node agent",
      command: () => Promise.resolve(network === "netns" ? nodeNamespaceCommand(entry) : plain),
      logFile: options.logFile,
      clock: options.clock,
      log: options.log,
      started: (pid) => {
        this.#initPid = network === "netns" ? initPidOf(pid) : undefined;
        // Asked for by whoever enters the namespace; a process that died before is told there.
        this.#initPid?.catch(() => undefined);
      },
      message: (message) => this.#receive(message as AgentReport),
      died: () => this.#died(),
    });
  }

  /** Resolves when the agent is ready for pods; a Fault says why it cannot be. */
  async ready(): Promise<void> {
    const { clock } = this.#options;
    const late = Promise.withResolvers<void>();
    const timer = clock.after(startLimit, () =>
      late.reject(new Fault("agent-failed", this.#failure ?? "the node agent did not get ready")),
    );
    try {
      await Promise.race([this.#ready.promise, late.promise]);
    } finally {
      timer.cancel();
    }
  }

  send(command: AgentCommand): void {
    this.#process.send(command);
  }

  /** The command line of another of Weft's programs beside the pods; waits until there is a place for it. */
  async enter(entry: readonly string[]): Promise<Command> {
    await this.#ready.promise;
    if (this.#options.network === "loopback") return { command: process.execPath, args: entry };
    return enterNodeNamespace(await (this.#initPid ?? Promise.reject(new Error("no namespace"))), entry);
  }

  /** Ends the pods gracefully, then the agent; by force after `grace` milliseconds. */
  stop(grace: number): Promise<void> {
    this.#stopped ??= this.#stop(grace);
    return this.#stopped;
  }

  async #stop(grace: number): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#ended = resolve));
    this.#process.send({ kind: "stop" } satisfies AgentCommand);
    const late = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(grace, late.resolve);
    if (this.#process.pid !== undefined) await Promise.race([ended, late.promise]);
    timer.cancel();
    await this.#process.stop(2000);
  }

  #receive(report: AgentReport): void {
    if (report.kind === "ready") {
      this.#isReady = this.#wasReady = true;
      this.#ready.resolve();
    }
    if (report.kind === "failed") this.#failure = `the node agent cannot work: ${report.message}`;
    this.#options.report(report);
  }

  #died(): boolean {
    if (this.#ended) {
      this.#ended();
      return false;
    }
    // What keeps a later one from working (a full disk) may pass.
    if (this.#failure !== undefined && !this.#wasReady) {
      this.#ready.reject(new Fault("agent-failed", this.#failure));
      return false;
    }
    if (this.#isReady) this.#ready = Promise.withResolvers();
    this.#isReady = false;
    this.#options.lost();
    return true;
  }
}
