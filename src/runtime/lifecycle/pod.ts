import { join } from "node:path";
import { type Clock, explain, type Log, sleep, type Timer } from "../../base/index.ts";
import type { PodOrder, PodReport } from "../contract.ts";
import { removeLogs } from "../logs/index.ts";
import { withPodIP } from "../order/index.ts";
import type { PodHost, Report, Sandbox, SandboxSpec } from "../sandbox.ts";
import { Containers, graceOf, podOf } from "./containers.ts";
import { afterLong } from "./long-timer.ts";
import { Notice } from "./notice.ts";
import { phaseOf } from "./phase.ts";
import { timeText } from "./time-text.ts";
import { Volumes } from "./volumes.ts";

export interface PodKeeperOptions {
  readonly host: PodHost;
  /** Folder of all pods' volumes. */
  readonly folder: string;
  readonly logDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly report: Report;
  /** Its sandbox has gone without being asked to, and everything in it: the pod is to be kept anew. */
  readonly lost: () => void;
  /** Milliseconds its programs wait at most until it is served; absent: not at all. */
  readonly hold?: number;
}

/** Milliseconds until a sandbox that could not be made is tried again: doubling from the first to the last. */
const retry = { first: 1000, last: 30_000 };

/** Keeps one pod as its order says, from its sandbox to its removal. */
export class PodKeeper {
  readonly uid: string;
  /** `namespace/name` */
  readonly name: string;
  readonly #options: PodKeeperOptions;
  readonly #containers: Containers;
  readonly #volumes: Volumes;
  readonly #updated = new Notice();
  readonly #halted = new AbortController();
  readonly #served = new AbortController();
  readonly #startTime: string;
  readonly #running: Promise<void>;
  #order: PodOrder;
  #sandbox: Sandbox | undefined;
  #addresses: Pick<PodReport, "podIP" | "hostIP" | "realIP"> = {};
  #writing: Promise<void> = Promise.resolve();
  #halting: Promise<void> | undefined;
  /** `clock.monotonic()` until which its containers may end by themselves. */
  #deadline = Infinity;
  #activeTimer: Timer | undefined;
  #over = false;
  #failure: { readonly reason: string; readonly message: string } | undefined;
  #reporting = false;
  #lastReport = "";

  /** Begins at once. */
  constructor(order: PodOrder, options: PodKeeperOptions) {
    const pod = podOf(order);
    const { clock, log } = options;
    this.uid = pod.metadata.uid ?? "";
    this.name = `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`;
    this.#order = order;
    this.#options = options;
    this.#startTime = pod.status?.startTime ?? timeText(clock);
    this.#volumes = new Volumes(join(options.folder, this.uid));
    this.#containers = new Containers({
      order,
      logDir: options.logDir,
      clock,
      log: log.with({ pod: this.name }),
      emit: (...event) => this.#emit(...event),
      changed: () => this.#changed(),
    });
    this.#running = this.#run();
  }

  /** Takes a changed order: files of volumes, what held it back, new images. */
  update(order: PodOrder): void {
    this.#order = order;
    this.#updated.tell();
    if (!this.#sandbox) return;
    const resolved = withPodIP(order, this.#sandbox.podIP);
    this.#containers.update(resolved);
    void this.#rewrite(resolved);
  }

  /** The order by which its successor goes on: counts of restarts are not lost. */
  succession(): PodOrder {
    const { containerStatuses, initContainerStatuses } = this.#status();
    const { pod } = this.#order;
    return { ...this.#order, pod: { ...pod, status: { ...statusOf(pod), containerStatuses, initContainerStatuses } } };
  }

  /** The mesh carries what it sends. */
  served(): void {
    this.#served.abort();
  }

  /** Ends it gracefully and takes everything of it away but its logs. Asked again, the shorter time counts. */
  async end(graceSeconds = graceOf(podOf(this.#order))): Promise<void> {
    void this.#halt(graceSeconds);
    await this.#running;
    await this.#writing;
    await this.#volumes.remove();
    this.#tell();
  }

  /** Takes the output of its containers away; for a pod that will not come back. */
  forget(): Promise<void> {
    const { namespace = "", name = "" } = podOf(this.#order).metadata;
    return removeLogs(this.#options.logDir, { namespace, pod: name, uid: this.uid });
  }

  async #run(): Promise<void> {
    this.#changed();
    const sandbox = await this.#open();
    if (sandbox) await this.#hold();
    if (sandbox && !this.#halted.signal.aborted) {
      this.#limitActivity();
      await this.#containers.run({ sandbox, mountsOf: (container) => this.#volumes.mountsOf(container) });
    }
    const byItself = !this.#halted.signal.aborted || this.#failure !== undefined;
    await this.#halt(graceOf(podOf(this.#order)));
    this.#activeTimer?.cancel();
    this.#over = byItself;
    this.#changed();
    await this.#close();
  }

  /** A program that calls before anyone carries its calls would only fail. */
  async #hold(): Promise<void> {
    const { clock, hold } = this.#options;
    if (hold === undefined) return;
    // Its address is known now, and must be elsewhere before it can be served.
    this.#changed();
    await sleep(clock, hold, AbortSignal.any([this.#served.signal, this.#halted.signal]));
  }

  /** Makes the sandbox and the volumes, again and again until it works; undefined when the pod is to end. */
  async #open(): Promise<Sandbox | undefined> {
    const { host, clock } = this.#options;
    for (let pause = retry.first; ; pause = Math.min(retry.last, pause * 2)) {
      await this.#unblocked();
      if (this.#halted.signal.aborted) return undefined;
      try {
        this.#sandbox ??= await this.#openSandbox(host);
        const { podIP, realIP, hostIP } = this.#sandbox;
        this.#addresses = { podIP, realIP, hostIP };
        const resolved = withPodIP(this.#order, podIP);
        await this.#write(resolved);
        // What came meanwhile counts too.
        this.update(this.#order);
        await this.#writing;
        return this.#halted.signal.aborted ? undefined : this.#sandbox;
      } catch (error) {
        const [reason, what] = this.#sandbox
          ? ["FailedMount", "Unable to set up the volumes of the pod"]
          : ["FailedCreatePodSandBox", "Failed to create pod sandbox"];
        this.#emit("Warning", reason, `${what}: ${explain(error)}`);
        this.#containers.wait("ContainerCreating", `${what}: ${explain(error)}`);
        await sleep(clock, pause, this.#halted.signal);
      }
    }
  }

  async #openSandbox(host: PodHost): Promise<Sandbox> {
    const sandbox = await host.open(this.#sandboxSpec());
    void this.#untilLost(sandbox);
    return sandbox;
  }

  async #untilLost(sandbox: Sandbox): Promise<void> {
    await sandbox.ended;
    if (this.#halted.signal.aborted || this.#sandbox !== sandbox) return;
    this.#emit("Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    this.#options.lost();
  }

  async #unblocked(): Promise<void> {
    let told: string | undefined;
    for (let { blocked } = this.#order; blocked && !this.#halted.signal.aborted; { blocked } = this.#order) {
      if (told !== blocked.message) this.#emit("Warning", "FailedMount", blocked.message);
      told = blocked.message;
      this.#containers.wait(blocked.reason, blocked.message);
      await this.#updated.next;
    }
  }

  async #rewrite(order: PodOrder): Promise<void> {
    try {
      await this.#write(order);
    } catch (error) {
      this.#emit("Warning", "FailedMount", `Unable to set up the volumes of the pod: ${explain(error)}`);
    }
  }

  /** One after the other, so that the last order is what stands in the end. */
  #write(order: PodOrder): Promise<void> {
    const written = this.#writing.then(() => this.#volumes.write(order.volumes, podOf(order).spec.volumes));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  #halt(graceSeconds: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + graceSeconds * 1000;
    const hurry = this.#halting !== undefined && deadline < this.#deadline;
    this.#deadline = Math.min(this.#deadline, deadline);
    this.#halted.abort();
    this.#updated.tell();
    if (hurry) this.#containers.hurry(graceSeconds);
    this.#halting ??= this.#containers.stop(() => Math.max(0, this.#deadline - clock.monotonic()) / 1000);
    this.#changed();
    return this.#halting;
  }

  #limitActivity(): void {
    const { activeDeadlineSeconds } = podOf(this.#order).spec;
    if (activeDeadlineSeconds === undefined) return;
    const began = Date.parse(this.#startTime);
    const { clock } = this.#options;
    this.#activeTimer = afterLong(clock, began + activeDeadlineSeconds * 1000 - clock.now(), () => {
      const message = "Pod was active on the node longer than the specified deadline";
      this.#failure = { reason: "DeadlineExceeded", message };
      this.#emit("Normal", "DeadlineExceeded", message);
      void this.#halt(graceOf(podOf(this.#order)));
    });
  }

  async #close(): Promise<void> {
    try {
      await this.#sandbox?.close();
    } catch (error) {
      this.#options.log.warning(`a pod left something behind: ${explain(error)}`, { uid: this.uid });
    }
    this.#sandbox = undefined;
  }

  #sandboxSpec(): SandboxSpec {
    const { metadata, spec } = podOf(this.#order);
    const { name = "", namespace = "" } = metadata;
    return {
      uid: this.uid,
      namespace,
      name,
      hostname: spec.hostname ?? name.slice(0, 63).replace(/[-.]+$/, ""),
      hostAliases: (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    };
  }

  #emit(type: "Normal" | "Warning", reason: string, message: string): void {
    this.#options.report({ kind: "event", uid: this.uid, type, reason, message });
  }

  /** Several changes of one moment make one report. */
  #changed(): void {
    if (this.#reporting) return;
    this.#reporting = true;
    queueMicrotask(() => {
      this.#reporting = false;
      this.#tell();
    });
  }

  #tell(): void {
    const status = this.#status();
    const text = JSON.stringify(status);
    if (text === this.#lastReport) return;
    this.#lastReport = text;
    this.#options.report({ kind: "pod", uid: this.uid, status });
  }

  #status(): PodReport {
    const { inits, mains, initialized, ready } = this.#containers;
    const failed = this.#failure !== undefined;
    return {
      phase: phaseOf(mains, { initialized, over: this.#over, failed }),
      ...this.#addresses,
      startTime: this.#startTime,
      ready,
      initialized,
      ...this.#failure,
      containerStatuses: mains.map((keeper) => ({ ...keeper.status() })),
      initContainerStatuses: inits.map((keeper) => ({ ...keeper.status() })),
    };
  }
}

const statusOf = (pod: PodOrder["pod"]): object => (typeof pod["status"] === "object" ? (pod["status"] ?? {}) : {});
