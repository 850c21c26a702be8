import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ManualClock, silentLog } from "../../base/index.ts";
import type { ContainerStatus } from "../../model/index.ts";
import { runAgent } from "../agent.ts";
import type { AgentCommand, AgentReport, PodOrder, PodReport } from "../contract.ts";
import type { PodHost, ProcessSpec, Sandbox, SandboxProcess, SandboxSpec } from "../sandbox.ts";

/** A program that only exists in a test. */
export class FakeProcess implements SandboxProcess {
  readonly pid = 1;
  readonly spec: ProcessSpec;
  readonly signals: NodeJS.Signals[] = [];
  readonly #exited = Promise.withResolvers<{ code: number | undefined; signal: NodeJS.Signals | undefined }>();
  #alive = true;

  constructor(spec: ProcessSpec) {
    this.spec = spec;
    const [program, argument = ""] = spec.argv;
    if (program === "exit") this.exit(Number(argument));
    if (program === "print") {
      spec.output("stdout", Buffer.from(`${argument}\n`));
      this.exit(Number(spec.argv[2] ?? 0));
    }
  }

  get exited() {
    return this.#exited.promise;
  }

  get alive(): boolean {
    return this.#alive;
  }

  exit(code: number): void {
    this.#end({ code, signal: undefined });
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#alive) return;
    this.signals.push(signal);
    if (signal === "SIGKILL" || this.spec.argv[0] !== "stubborn") this.#end({ code: undefined, signal });
  }

  #end(exit: { code: number | undefined; signal: NodeJS.Signals | undefined }): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#exited.resolve(exit);
  }
}

/**
 * Pods without processes. Programs: `serve` runs until told to end, `stubborn` until killed, `exit <code>` ends at once,
 * `print <text> [code]` speaks first, `missing` cannot be started.
 */
class FakeHost implements PodHost {
  readonly network = "netns";
  readonly processes: FakeProcess[] = [];
  readonly opened: SandboxSpec[] = [];
  closed = 0;
  named: unknown;
  /** Takes the last sandbox away. */
  lose: () => void = () => undefined;
  /** Thrown by the next `open`. */
  refusal: Error | undefined;

  open(spec: SandboxSpec): Promise<Sandbox> {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) return Promise.reject(refusal);
    this.opened.push(spec);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.lose = resolve;
    return Promise.resolve({
      podIP: "10.244.0.9",
      realIP: "10.245.0.9",
      hostIP: "10.244.0.1",
      probeAddress: "127.0.0.1",
      ended,
      start: (process) => this.#start(process),
      close: () => Promise.resolve(void (this.closed += 1)),
    });
  }

  names(hosts: unknown): void {
    this.named = hosts;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #start(spec: ProcessSpec): Promise<SandboxProcess> {
    if (spec.argv[0] === "missing") return Promise.reject(new Error("spawn missing ENOENT"));
    const process = new FakeProcess(spec);
    this.processes.push(process);
    return Promise.resolve(process);
  }
}

type PodSpecDraft = Record<string, unknown> & { containers: Draft[]; initContainers?: Draft[] };
type Draft = Record<string, unknown> & { name?: string; run?: string };

/** An order for pod `web`; `run` of a container is its command line. */
export function orderOf(spec: PodSpecDraft, more: Partial<PodOrder> & { status?: unknown } = {}): PodOrder {
  const { status, ...rest } = more;
  const named = (drafts: Draft[] = [], prefix: string) =>
    drafts.map((draft, index) => ({ name: `${prefix}${index === 0 ? "" : index}`, image: "shop:1", ...draft }));
  const containers = named(spec.containers, "main");
  const initContainers = named(spec.initContainers, "init");
  const ordered = (drafts: typeof containers) =>
    drafts.map(({ name, run = "serve" }: { name: string; run?: string }) => ({
      name,
      argv: run.split(" "),
      env: { MY_IP: "@weft-pod-ip@" },
    }));
  return {
    pod: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "web", namespace: "default", uid: "u1" },
      spec: { ...spec, containers, initContainers },
      ...(status !== undefined && { status }),
    },
    containers: ordered(containers),
    initContainers: ordered(initContainers),
    volumes: {},
    ...rest,
  };
}

/** An agent over a fake host, under a clock that the test moves. */
export class AgentBench {
  readonly host = new FakeHost();
  readonly clock = new ManualClock(Date.UTC(2026, 0, 1));
  readonly folder = mkdtempSync(join(tmpdir(), "weft-agent-"));
  readonly reports: AgentReport[] = [];
  readonly done: Promise<void>;
  #send: (command: AgentCommand) => void = () => undefined;

  constructor(options: { readonly hold?: number } = {}) {
    this.done = runAgent({
      ...options,
      host: this.host,
      folder: join(this.folder, "agent"),
      logDir: this.logDir,
      clock: this.clock,
      log: silentLog,
      receive: (handler) => void (this.#send = handler),
      report: (report) => void this.reports.push(structuredClone(report)),
    });
  }

  get logDir(): string {
    return join(this.folder, "logs");
  }

  send(command: AgentCommand): void {
    this.#send(command);
  }

  pods(...orders: PodOrder[]): void {
    this.send({ kind: "pods", orders });
  }

  get last(): PodReport {
    const report = this.reports.findLast(({ kind }) => kind === "pod");
    if (report?.kind !== "pod") throw new Error("no pod was reported");
    return report.status;
  }

  status(name = "main"): ContainerStatus {
    const all = [...this.last.containerStatuses, ...this.last.initContainerStatuses] as unknown as ContainerStatus[];
    const found = all.find((status) => status.name === name);
    if (!found) throw new Error(`no container ${name} was reported`);
    return found;
  }

  /** `reason: message` of each event. */
  get events(): string[] {
    return this.reports.flatMap((report) => (report.kind === "event" ? [`${report.reason}: ${report.message}`] : []));
  }

  get removed(): boolean {
    return this.reports.some(({ kind }) => kind === "removed");
  }

  /** The newest process of a container. */
  process(container = "main"): FakeProcess {
    const found = this.host.processes.findLast(({ spec }) => spec.container === container);
    if (!found) throw new Error(`nothing runs in ${container}`);
    return found;
  }

  /** Waits, without moving the clock, for what only needs turns of the event loop and the disk. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2000; turn += 1) {
      try {
        if (holds()) return;
      } catch {
        // Not reported yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(`never came about: ${what}\n${this.events.join("\n")}\n${JSON.stringify(this.last, null, 1)}`);
  }

  /** Lets everything that is due happen. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async advance(milliseconds: number, step = 1000): Promise<void> {
    for (let left = milliseconds; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await this.settle();
    }
  }

  async close(): Promise<void> {
    this.send({ kind: "stop" });
    const ended = this.done.then(() => true);
    while (!(await Promise.race([ended, this.advance(10_000, 10_000)]))) continue;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
