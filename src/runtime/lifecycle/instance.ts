import { constants } from "node:os";
import type { Clock, Timer } from "../../base/index.ts";
import type { Container, Probe } from "../../model/index.ts";
import type { ContainerOrder } from "../contract.ts";
import type { ContainerLog } from "../logs/index.ts";
import type { Mount, Sandbox, SandboxProcess } from "../sandbox.ts";
import { perform, type Place } from "./check/index.ts";
import { type Ended, exited, notStarted, type Run } from "./ended.ts";
import type { Emit } from "./event.ts";
import { runInside } from "./exec.ts";
import { Health } from "./health.ts";
import { afterLong } from "./long-timer.ts";
import { timeText } from "./time-text.ts";

export interface InstanceOptions {
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly container: Container;
  readonly order: ContainerOrder;
  readonly log: ContainerLog;
  readonly clock: Clock;
  readonly graceSeconds: number;
  /** Init containers that run to their end are not probed. */
  readonly probed: boolean;
  readonly mounts: () => Promise<readonly Mount[]>;
  readonly emit: Emit;
  /** It runs now, or `started` or `ready` has changed. */
  readonly changed: () => void;
  /** A probe condemned it; it is being ended. */
  readonly condemned: (kind: "startup" | "liveness") => void;
}

/** Longest a postStart hook may take. */
const hookLimit = 10 * 60_000;
/** What is left for the program when its preStop hook has used up the grace. */
const leastGrace = 2000;

/** One run of a container's program, from its start to its end, with its hooks and probes. */
export class Instance {
  readonly #options: InstanceOptions;
  readonly #health: Health;
  readonly #place: Place;
  readonly #launched = Promise.withResolvers<void>();
  /** Aborts when the program has ended. */
  readonly #gone = new AbortController();
  #process: SandboxProcess | undefined;
  #mounts: readonly Mount[] = [];
  #runningSince: string | undefined;
  /** `clock.monotonic()` at which it is killed; set once it is to end. */
  #deadline: number | undefined;
  #killTimer: Timer | undefined;

  constructor(options: InstanceOptions) {
    this.#options = options;
    const { sandbox, container, clock, emit, changed } = options;
    this.#place = {
      clock,
      podIP: sandbox.podIP,
      address: sandbox.probeAddress,
      ports: container.ports ?? [],
      mayOwn: (port) => sandbox.mayOwn?.(port) ?? true,
      exec: (argv, limit, signal) => this.#exec(argv, limit, signal),
    };
    this.#health = new Health({
      container,
      clock,
      place: this.#place,
      changed,
      unhealthy: (message) => emit("Warning", "Unhealthy", message),
      condemn: (kind, probe) => this.#condemn(kind, probe),
    });
  }

  /** Since when it runs; undefined before its postStart hook is through and after its end. */
  get runningSince(): string | undefined {
    return this.#gone.signal.aborted ? undefined : this.#runningSince;
  }

  get started(): boolean {
    return this.runningSince !== undefined && (!this.#options.probed || this.#health.started);
  }

  get ready(): boolean {
    return this.runningSince !== undefined && this.#health.ready;
  }

  /** Resolves when it runs and its postStart hook is through, or when that will never be. */
  get launched(): Promise<void> {
    return this.#launched.promise;
  }

  async run(): Promise<Ended> {
    const { sandbox, order, log, clock, container, emit } = this.#options;
    const startedAt = timeText(clock);
    const run = (): Run => ({ id: this.#options.id, startedAt, finishedAt: timeText(clock) });
    try {
      this.#mounts = await this.#options.mounts();
      this.#process = await sandbox.start({
        ...this.#processSpec(order.argv),
        output: (stream, chunk) => log.write(stream, chunk),
      });
    } catch (error) {
      const ended = notStarted(run(), error);
      emit("Warning", "Failed", `Error: ${ended.state.message ?? ""}`);
      this.#launched.resolve();
      return ended;
    }
    const { exited: exit } = this.#process;
    emit("Normal", "Started", `Started container ${container.name}`);
    if (this.#deadline === undefined) void this.#launch(startedAt);
    else void this.#end();
    const how = await exit;
    this.#gone.abort();
    this.#killTimer?.cancel();
    this.#health.stop();
    this.#launched.resolve();
    return exited(run(), how, order.argv[0] ?? "", log.lastWords);
  }

  /** Ends it: preStop hook, signal, and after the grace a kill. Asked again, the earlier deadline counts. */
  stop(graceSeconds: number): void {
    const deadline = this.#options.clock.monotonic() + graceSeconds * 1000;
    const first = this.#deadline === undefined;
    if (this.#deadline !== undefined && deadline >= this.#deadline) return;
    this.#deadline = deadline;
    this.#health.stop();
    if (!this.#process) return;
    if (first) void this.#end();
    else this.#killAt(deadline);
  }

  async #launch(startedAt: string): Promise<void> {
    const { container, emit, probed, changed, graceSeconds } = this.#options;
    const hook = container.lifecycle?.postStart;
    if (hook) {
      const { ok, message } = await perform(hook, this.#place, hookLimit, this.#gone.signal);
      if (this.#gone.signal.aborted) return;
      if (!ok) {
        emit("Warning", "FailedPostStartHook", `PostStartHook failed: ${message}`);
        emit("Normal", "Killing", "FailedPostStartHook");
        return this.stop(graceSeconds);
      }
    }
    if (this.#gone.signal.aborted) return;
    this.#runningSince = startedAt;
    if (probed && this.#deadline === undefined) this.#health.begin();
    this.#launched.resolve();
    changed();
  }

  #condemn(kind: "startup" | "liveness", probe: Probe): void {
    this.#options.condemned(kind);
    this.stop(probe.terminationGracePeriodSeconds ?? this.#options.graceSeconds);
  }

  async #end(): Promise<void> {
    const { container, clock, emit } = this.#options;
    const { preStop, stopSignal } = container.lifecycle ?? {};
    const left = () => (this.#deadline ?? 0) - clock.monotonic();
    if (left() <= 0) return this.#kill();
    if (preStop && this.#runningSince !== undefined) {
      const { ok, message } = await perform(preStop, this.#place, left(), this.#gone.signal);
      if (this.#gone.signal.aborted) return;
      if (!ok) emit("Warning", "FailedPreStopHook", `PreStopHook failed: ${message}`);
    }
    this.#killAt(Math.max(this.#deadline ?? 0, clock.monotonic() + (preStop ? leastGrace : 0)));
    this.#process?.signal(signalOf(stopSignal));
  }

  #killAt(deadline: number): void {
    this.#killTimer?.cancel();
    const { clock } = this.#options;
    this.#killTimer = afterLong(clock, deadline - clock.monotonic(), () => this.#kill());
  }

  #kill(): void {
    this.#process?.signal("SIGKILL");
  }

  #processSpec(argv: readonly string[]) {
    const { container, order } = this.#options;
    return { container: container.name, argv, env: order.env, workingDir: order.workingDir, mounts: this.#mounts };
  }

  #exec(argv: readonly string[], limit: number, signal: AbortSignal) {
    const { sandbox, clock } = this.#options;
    return runInside({ sandbox, process: this.#processSpec(argv), clock, limit, signal });
  }
}

/** A signal by its name; SIGTERM when this system has none of that name. */
const signalOf = (name = "SIGTERM"): NodeJS.Signals =>
  name in constants.signals ? (name as NodeJS.Signals) : "SIGTERM";
