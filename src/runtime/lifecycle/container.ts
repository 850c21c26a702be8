import { createHash } from "node:crypto";
import { type Clock, type Log, sleep } from "../../base/index.ts";
import type { Container, ContainerState, ContainerStatus } from "../../model/index.ts";
import type { ContainerOrder } from "../contract.ts";
import { ContainerLog } from "../logs/index.ts";
import type { Mount, Sandbox } from "../sandbox.ts";
import type { Ended } from "./ended.ts";
import type { Emit } from "./event.ts";
import { Instance } from "./instance.ts";
import { Notice } from "./notice.ts";
import { RestartDelay, type RestartPolicy, startsAgain } from "./restart.ts";
import { durationText } from "./time-text.ts";

export interface ContainerOptions {
  readonly container: Container;
  readonly order: ContainerOrder;
  /** `init` runs to its end before the others; `sidecar` stands among them and stays. */
  readonly role: "init" | "sidecar" | "main";
  readonly policy: RestartPolicy;
  readonly graceSeconds: number;
  /** `name_namespace(uid)`, as messages name the pod. */
  readonly podText: string;
  readonly uid: string;
  readonly logFolder: string;
  /** What it waits for before its turn comes. */
  readonly waiting: NonNullable<ContainerState["waiting"]>;
  /** From an earlier life of the agent. */
  readonly before: ContainerStatus | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly emit: Emit;
  readonly changed: () => void;
}

/** What a container needs of its pod to run. */
export interface Home {
  readonly sandbox: Sandbox;
  readonly mountsOf: (container: Container) => Promise<readonly Mount[]>;
}

/** Keeps one container running as its policy says, until it is stopped. */
export class ContainerKeeper {
  readonly #options: ContainerOptions;
  readonly #delay: RestartDelay;
  readonly #updated = new Notice();
  readonly #stopped = new AbortController();
  readonly #launched = Promise.withResolvers<void>();
  readonly #everStarted = Promise.withResolvers<void>();
  #container: Container;
  #order: ContainerOrder;
  #state: ContainerState;
  #lastState: ContainerState;
  #restarts: number;
  #id: string | undefined;
  #instance: Instance | undefined;
  #running: Promise<void> | undefined;
  #ended: Ended | undefined;
  #replacing = false;

  constructor(options: ContainerOptions) {
    const { container, order, waiting, before, clock } = options;
    this.#options = options;
    this.#container = container;
    this.#order = order;
    this.#delay = new RestartDelay(clock);
    this.#state = { waiting };
    this.#lastState = (before?.state?.terminated ? before.state : before?.lastState) ?? {};
    // A container that ran before starts once more.
    this.#restarts = before ? before.restartCount + (before.containerID === undefined ? 0 : 1) : 0;
  }

  get name(): string {
    return this.#container.name;
  }

  get role(): ContainerOptions["role"] {
    return this.#options.role;
  }

  /** Resolves after the first attempt to start it, postStart hook included; at once if that has to wait. */
  get launched(): Promise<void> {
    return this.#launched.promise;
  }

  /** Resolves when it has passed its startup probe for the first time, or has ended for good. */
  get everStarted(): Promise<void> {
    return this.#everStarted.promise;
  }

  /** Resolves when it has ended and will not start again. */
  get finished(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** How it ended, once it has for good; undefined too when it was stopped before it ever ran. */
  get exitCode(): number | undefined {
    return this.#ended?.state.exitCode;
  }

  get hasRun(): boolean {
    return this.#instance?.runningSince !== undefined || this.#id !== undefined;
  }

  /** It was told to stop. */
  get ending(): boolean {
    return this.#stopped.signal.aborted;
  }

  begin(home: Home): void {
    this.#running ??= this.#run(home);
  }

  /** What it waits for before it begins. */
  wait(waiting: NonNullable<ContainerState["waiting"]>): void {
    if (this.#running) return;
    this.#state = { waiting };
    this.#options.changed();
  }

  /** A new image makes it start anew; other changes wait for its next start. */
  update(container: Container, order: ContainerOrder): void {
    const replace = container.image !== this.#container.image;
    this.#container = container;
    this.#order = order;
    this.#updated.tell();
    if (!replace || !this.#instance) return;
    this.#replacing = true;
    this.#emit("Normal", "Killing", `Container ${this.name} definition changed, will be restarted`);
    this.#instance.stop(this.#options.graceSeconds);
  }

  /** Ends it and lets it not start again. Asked again, the shorter time counts. */
  stop(graceSeconds: number): Promise<void> {
    if (!this.#stopped.signal.aborted && this.#instance)
      this.#emit("Normal", "Killing", `Stopping container ${this.name}`);
    this.#stopped.abort();
    this.#updated.tell();
    this.#instance?.stop(graceSeconds);
    return this.finished;
  }

  status(): ContainerStatus {
    const { role } = this.#options;
    const { image = "" } = this.#container;
    const startedAt = this.#instance?.runningSince;
    const live = this.#instance !== undefined && !this.#stopped.signal.aborted;
    return {
      name: this.name,
      image,
      imageID: this.#id === undefined ? "" : image,
      restartCount: this.#restarts,
      ready: role === "init" ? this.exitCode === 0 : live && this.#instance?.ready === true,
      started: this.#instance?.started ?? false,
      state: startedAt === undefined ? this.#state : { running: { startedAt } },
      lastState: this.#lastState,
      ...(this.#id !== undefined && { containerID: this.#id }),
    };
  }

  async #run(home: Home): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#unblocked();
      if (this.#stopped.signal.aborted) break;
      const log = this.#openLog();
      const ended = await this.#once(home, log);
      const again = !this.#stopped.signal.aborted && this.#startsAgain(ended);
      log.end(again ? "again" : "last");
      if (!again) {
        this.#finish(ended);
        break;
      }
      this.#launched.resolve();
      await this.#pause(ended);
      if (this.#stopped.signal.aborted) {
        this.#finish(ended);
        break;
      }
      this.#lastState = { terminated: ended.state };
      this.#restarts += 1;
    }
    this.#launched.resolve();
    this.#everStarted.resolve();
    this.#options.changed();
  }

  #finish(ended: Ended): void {
    this.#ended = ended;
    this.#state = { terminated: ended.state };
  }

  /** Waits while the order says that it cannot run yet. */
  async #unblocked(): Promise<void> {
    let told: string | undefined;
    for (let { blocked } = this.#order; blocked && !this.#stopped.signal.aborted; { blocked } = this.#order) {
      if (told !== blocked.message) this.#emit("Warning", "Failed", `Error: ${blocked.message}`);
      told = blocked.message;
      this.#state = { waiting: blocked };
      this.#launched.resolve();
      this.#options.changed();
      await this.#updated.next;
    }
    if (told !== undefined && !this.#stopped.signal.aborted) this.#state = { waiting: this.#options.waiting };
  }

  async #once({ sandbox, mountsOf }: Home, log: ContainerLog): Promise<Ended> {
    const { uid, clock, graceSeconds, role } = this.#options;
    const container = this.#container;
    this.#id = containerId(uid, this.name, this.#restarts, clock.now());
    this.#emit("Normal", "Created", `Created container: ${this.name}`);
    const instance = new Instance({
      id: this.#id,
      sandbox,
      container,
      order: this.#order,
      log,
      clock,
      graceSeconds,
      probed: role !== "init",
      mounts: () => mountsOf(container),
      emit: this.#options.emit,
      changed: () => this.#noted(instance),
      condemned: (kind) => this.#condemned(kind),
    });
    this.#instance = instance;
    this.#delay.started();
    void instance.launched.then(() => this.#launched.resolve());
    const ended = await instance.run();
    this.#instance = undefined;
    return ended;
  }

  #noted(instance: Instance): void {
    if (instance.started) this.#everStarted.resolve();
    this.#options.changed();
  }

  #condemned(kind: "startup" | "liveness"): void {
    const again = startsAgain(this.#options.policy, 1) ? ", will be restarted" : "";
    this.#emit("Normal", "Killing", `Container ${this.name} failed ${kind} probe${again}`);
  }

  #startsAgain({ state: { exitCode } }: Ended): boolean {
    return this.#replacing || startsAgain(this.#options.policy, exitCode);
  }

  /** Between an end and the next start. */
  async #pause(ended: Ended): Promise<void> {
    const { podText, clock, changed } = this.#options;
    if (this.#replacing) {
      this.#replacing = false;
      return;
    }
    const { delay, backOff } = this.#delay.next();
    if (backOff) {
      const which = `${durationText(delay)} restarting failed container=${this.name} pod=${podText}`;
      this.#state = { waiting: { reason: "CrashLoopBackOff", message: `back-off ${which}` } };
      this.#lastState = { terminated: ended.state };
      this.#emit("Warning", "BackOff", `Back-off restarting failed container ${this.name} in pod ${podText}`);
    } else if (ended.neverStarted) {
      this.#state = { waiting: { reason: "RunContainerError", message: ended.state.message ?? "" } };
      this.#lastState = { terminated: ended.state };
    } else this.#state = { terminated: ended.state };
    changed();
    await sleep(clock, delay, this.#stopped.signal);
  }

  #openLog(): ContainerLog {
    const { logFolder, clock, log } = this.#options;
    return new ContainerLog({ folder: logFolder, restart: this.#restarts, clock, log });
  }

  #emit(...event: Parameters<Emit>): void {
    this.#options.emit(...event);
  }
}

/** Unique like a container runtime's: 64 hexadecimal digits. */
function containerId(uid: string, container: string, restart: number, time: number): string {
  return `weft://${createHash("sha256").update(`${uid}/${container}/${restart}/${time}`).digest("hex")}`;
}
