import { join } from "node:path";
import { type Clock, codeOf, Fault, Lifetime, type Log, sleep, systemClock } from "../base/index.ts";
import { problems } from "../mesh/index.ts";
import { type Container, kinds } from "../model/index.ts";
import { probeNetns } from "../runtime/index.ts";
import { openSqliteStore, type Store } from "../store/index.ts";
import { AgentHost } from "./agent-host.ts";
import { applyObjects } from "./apply-objects.ts";
import { keepCompiled } from "./compile-cache.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type DataDir, openDataDir, privateParts } from "./data-dir.ts";
import { DataPlane } from "./data-plane.ts";
import { GatewayPorts } from "./gateway-ports.ts";
import { outOfRoom } from "./disk-room.ts";
import { type Before, hopeless, restartsOf } from "./hopeless.ts";
import { keepLogsSmall } from "./log-room.ts";
import { meshLog } from "./mesh-log.ts";
import type { Progress, RunningMesh, Summary, UpOptions } from "./options.ts";
import type { HostPort } from "./proxy-host.ts";
import { removeRecord, running, writeRecord } from "./record.ts";
import { routeSummaries, workloadSummaries } from "./summary.ts";

/** Milliseconds pods have to end in, beyond what each asks for itself. */
const agentGrace = 45_000;
const proxyGrace = 3000;
/** Milliseconds programs that say nothing of their state must have run: what ends at once was never ready. */
const settling = 400;

/** Starts a whole mesh on this machine, in the order things need each other. */
export async function runUp(options: UpOptions, progress: Progress, signal: AbortSignal): Promise<RunningMesh> {
  const dir = openDataDir(options.dataDir);
  refuseSecond(dir);
  const mesh = new LocalMesh(dir, options, await chooseNetwork(options, progress));
  try {
    await mesh.start(progress, signal);
    return mesh;
  } catch (error) {
    const cause = codeOf(error) === "agent-failed" ? outOfRoom(dir.path) : undefined;
    await mesh.close().catch(() => undefined);
    throw cause ?? error;
  }
}

function refuseSecond(dir: DataDir): void {
  const other = running(dir);
  if (!other) return;
  throw new Fault("already-running", `a mesh already runs on ${dir.path} (process ${other.pid})`, {
    remedy: "stop it with `weft down`, or give this one a folder of its own with --data-dir",
  });
}

async function chooseNetwork({ network }: UpOptions, progress: Progress): Promise<"netns" | "loopback"> {
  if (network === "loopback") return network;
  const obstacle = await probeNetns();
  if (obstacle === undefined) return "netns";
  if (network === "netns") throw new Fault("no-netns", obstacle);
  progress({ id: "network", label: "network", state: "done", detail: `loopback: ${obstacle}` });
  return "loopback";
}

class LocalMesh implements RunningMesh {
  readonly closed: Promise<void>;
  readonly #dir: DataDir;
  readonly #options: UpOptions;
  readonly #network: "netns" | "loopback";
  readonly #clock: Clock = systemClock;
  readonly #log: Log;
  readonly #lifetime = new Lifetime();
  readonly #gatewayPorts: GatewayPorts;
  readonly #ended = Promise.withResolvers<void>();
  #before: Before = { since: 0, restarts: new Map() };
  #control: ControlPlane | undefined;
  #data: DataPlane | undefined;

  constructor(dir: DataDir, options: UpOptions, network: "netns" | "loopback") {
    this.#dir = dir;
    this.#options = options;
    this.#network = network;
    this.closed = this.#ended.promise;
    // Nobody may be listening when it ends.
    this.closed.catch(() => undefined);
    this.#log = meshLog(dir.log);
    this.#gatewayPorts = new GatewayPorts({
      httpPort: options.httpPort,
      httpsPort: options.httpsPort,
      clock: this.#clock,
      log: this.#log,
      hand: (port: HostPort) => this.#data?.hand(port) ?? Promise.reject(new Error("no proxy yet")),
    });
  }

  async start(progress: Progress, signal: AbortSignal): Promise<void> {
    const check = () => {
      if (signal.aborted) throw new Fault("stopped", "ended before it was up, as you asked");
    };
    const step = async <T>(id: string, label: string, run: () => Promise<T>): Promise<T> => {
      check();
      progress({ id, label, state: "working" });
      try {
        const result = await run();
        progress({ id, label, state: "done" });
        return result;
      } catch (error) {
        progress({ id, label, state: "failed" });
        throw error;
      }
    };
    // One process at a time has it: whoever comes second is told before anything of the first is touched.
    const store = openSqliteStore({ path: this.#dir.store });
    this.#lifetime.own(() => store.close());
    const since = this.#clock.now();
    this.#lifetime.own(keepLogsSmall({ paths: [this.#dir.log, this.#accessLog], clock: this.#clock, log: this.#log }));
    await this.#gatewayPorts.reserve();
    this.#lifetime.own(() => this.#gatewayPorts.close());
    const agent = await step("node", `node (${this.#network})`, async () => this.#startAgent());
    const control = await step("control", "control plane", () => this.#startControl(agent, store));
    const { items } = await control.client.list(kinds.Pod);
    this.#before = { since, restarts: restartsOf(items) };
    await step("proxy", "proxy", () => this.#startProxy(agent, control));
    writeRecord(this.#dir, { api: control.url, network: this.#network });
    this.#lifetime.own(() => removeRecord(this.#dir));
    await step("objects", "objects", () => applyObjects(control.client, this.#options.objects));
    await this.#untilReady(progress, signal, check);
    keepCompiled();
  }

  close(): Promise<void> {
    return this.#lifetime.close().then(this.#ended.resolve, (error: unknown) => {
      this.#ended.reject(error);
      throw error;
    });
  }

  async summary(): Promise<Summary> {
    const [control, data] = [this.#control, this.#data];
    if (!control || !data) throw new Fault("not-running", "the mesh is still starting");
    const [deployments, pods, events] = await Promise.all([
      control.client.list(kinds.Deployment),
      control.client.list(kinds.Pod),
      control.client.list(kinds.Event),
    ]);
    const workloads = workloadSummaries(deployments.items, pods.items, events.items);
    const { mesh } = data;
    const refused = data.refused();
    return {
      ready: data.synced && refused.length === 0 && workloads.every(({ ready, desired }) => ready >= desired),
      network: this.#network,
      dataDir: this.#dir.path,
      api: control.url,
      kubeconfig: this.#dir.kubeconfig,
      ...data.doors,
      workloads,
      routes: mesh ? routeSummaries(mesh, (port) => this.#gatewayPorts.bound(port)) : [],
      proxy: { pid: data.proxyPid, nodes: data.nodes, refused },
      notes: [
        ...[outOfRoom(this.#dir.path)].flatMap((fault) => fault?.message ?? []),
        ...this.#gatewayPorts.notes(),
        ...data.troubles(),
        ...(mesh ? problems(mesh) : []).map(({ message }) => message),
      ],
    };
  }

  #startAgent(): AgentHost {
    const agent = new AgentHost({
      network: this.#network,
      folder: this.#dir.agent,
      logDir: this.#logDir,
      hidden: privateParts(this.#dir),
      logFile: this.#dir.log,
      clock: this.#clock,
      log: this.#log,
      report: (report) => {
        this.#control?.kubelet.receive(report);
        if (report.kind === "ready") this.#data?.agentReady();
      },
      lost: () => this.#control?.kubelet.agentRestarted(),
    });
    this.#lifetime.own(() => agent.stop(agentGrace));
    return agent;
  }

  get #accessLog(): string {
    return join(this.#dir.path, "access.log");
  }

  get #logDir(): string {
    return join(this.#dir.agent, "logs");
  }

  async #startControl(agent: AgentHost, store: Store): Promise<ControlPlane> {
    const control = await startControlPlane({
      dir: this.#dir,
      store,
      network: this.#network,
      apiPort: this.#options.apiPort,
      logDir: this.#logDir,
      clock: this.#clock,
      log: this.#log,
      send: (command) => agent.send(command),
      addressesChanged: () => this.#data?.addressesChanged(),
      isCalled: (podIP) => this.#data?.isCalled(podIP) ?? false,
      status: () => this.summary(),
    });
    this.#control = control;
    this.#lifetime.own(() => control.close());
    await agent.ready();
    return control;
  }

  async #startProxy(agent: AgentHost, control: ControlPlane): Promise<void> {
    const data = new DataPlane({
      control,
      network: this.#network,
      gatewayPorts: this.#gatewayPorts,
      logFile: this.#dir.log,
      accessLog: this.#accessLog,
      clock: this.#clock,
      log: this.#log,
      enter: (entry) => agent.enter(entry),
      send: (command) => agent.send(command),
    });
    this.#data = data;
    this.#lifetime.own(async () => {
      // From now on nothing follows what ends: no pod is replaced, no route is taken away.
      data.stopFollowing();
      control.freeze();
      await agent.stop(agentGrace);
      await data.stop(proxyGrace);
    });
    await data.start();
  }

  /** Until everything is ready, or patience runs out. What was given now and can never start ends it all. */
  async #untilReady(progress: Progress, signal: AbortSignal, check: () => void): Promise<void> {
    const end = this.#clock.monotonic() + this.#options.patience;
    const told = new Map<string, string>();
    let readySince: number | undefined;
    for (;;) {
      check();
      const summary = await this.summary();
      for (const { kind, namespace, name, ready, desired, reasons } of summary.workloads) {
        const detail = `${ready}/${desired}${reasons.length > 0 ? ` ${reasons.join("; ")}` : ""}`;
        const id = `${kind} ${namespace}/${name}`;
        if (told.get(id) === detail) continue;
        told.set(id, detail);
        const label = namespace === "default" ? name : `${namespace}/${name}`;
        progress({ id, label, state: ready >= desired ? "done" : "working", detail });
      }
      const taken = await this.#gatewayPorts.failure();
      if (taken) throw taken;
      const now = this.#clock.monotonic();
      const late = now >= end;
      if (summary.ready) {
        readySince ??= now;
        if (now - readySince >= settling || !(await this.#mayYetEnd())) return;
      } else {
        readySince = undefined;
        const fault = outOfRoom(this.#dir.path) ?? (await this.#hopeless(summary, late));
        if (fault) throw fault;
        if (late) return;
      }
      await sleep(this.#clock, 25, signal);
    }
  }

  /** Whether there are programs that are ready only because nobody can ask them: they may be about to fail. */
  async #mayYetEnd(): Promise<boolean> {
    const { items } = (await this.#control?.client.list(kinds.Pod)) ?? { items: [] };
    return items.some(({ spec }) => spec.containers.some((container) => !canBeAsked(container)));
  }

  async #hopeless(summary: Summary, late: boolean): Promise<Fault | undefined> {
    if (summary.workloads.every(({ ready, desired }) => ready >= desired) || !this.#control) return undefined;
    const { items } = await this.#control.client.list(kinds.Pod);
    return hopeless(summary, items, this.#options.objects, late, this.#before);
  }
}

const canBeAsked = ({ readinessProbe, startupProbe, ports = [] }: Container): boolean =>
  readinessProbe !== undefined || startupProbe !== undefined || ports.length > 0;
