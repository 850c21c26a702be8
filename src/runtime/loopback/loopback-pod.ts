import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Clock, Fault, type Log } from "../../base/index.ts";
import type { ProcessSpec, Sandbox, SandboxProcess, SandboxSpec } from "../sandbox.ts";
import { startProcess } from "./loopback-process.ts";
import { NamesFile } from "./names-file.ts";
import { isTaken, wildcardListenerOf } from "./port-owner.ts";
import { checkFolder, findProgram } from "./program.ts";
import type { Reaper } from "./reaper.ts";
import { linkMounts, locate } from "./root.ts";

export interface PodPlace {
  /** The pod's own folder; removed with it. */
  readonly folder: string;
  readonly podIP: string;
  readonly shimFile: string;
  readonly setpriv: string | undefined;
  readonly reaper: Reaper;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose program listens on a port, in words; undefined when that cannot be known. */
  ownerOf(port: number): string | undefined;
  closed(): void;
}

export class LoopbackPod implements Sandbox {
  readonly podIP: string;
  readonly realIP: string;
  readonly probeAddress: string;
  readonly hostIP = "127.0.0.1";
  /** An address alone cannot be lost. */
  readonly ended = new Promise<void>(() => undefined);
  readonly spec: SandboxSpec;
  readonly names: NamesFile;
  /** What runs now. A container has several while a probe or hook runs in it. */
  readonly running = new Set<{ readonly container: string; readonly process: SandboxProcess }>();
  readonly #place: PodPlace;
  readonly #log: Log;
  #closing: Promise<void> | undefined;

  constructor(spec: SandboxSpec, place: PodPlace) {
    this.spec = spec;
    this.podIP = this.realIP = this.probeAddress = place.podIP;
    this.names = new NamesFile(place.folder, spec, place.podIP);
    this.#place = place;
    this.#log = place.log.with({ pod: `${spec.namespace}/${spec.name}` });
  }

  async start(spec: ProcessSpec): Promise<SandboxProcess> {
    const { folder, clock, setpriv, reaper } = this.#place;
    const { container, mounts } = spec;
    const root = join(folder, "root", container);
    const env = this.#environment(spec, root);
    // What runs beside the container's own program finds its mounts there, and that port is rightly taken.
    if (![...this.running].some((other) => other.container === container)) {
      this.#linkMounts(root, spec);
      await this.#checkPort(container, Number(env["PORT"]));
    }
    const workingDir = checkFolder(locate(root, mounts, spec.workingDir ?? process.cwd()));
    const [name = ""] = spec.argv;
    const program = findProgram(locate(root, mounts, name), env["PATH"], workingDir);

    const started = await startProcess(spec, { program, folder: workingDir, env, setpriv, reaper, clock });
    const entry = { container, process: started };
    this.running.add(entry);
    void started.exited.finally(() => this.running.delete(entry));
    // Started in the moment the pod was taken away: its end has not seen this process.
    if (this.#closing) started.signal("SIGKILL");
    return started;
  }

  /** A program of another pod that listens on every address answers on this one's too. */
  mayOwn(port: number): boolean {
    const listener = wildcardListenerOf(this.podIP, port);
    return !listener || [...this.running].some(({ process }) => process.pid === listener.group);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const running = [...this.running];
    for (const { process } of running) process.signal("SIGKILL");
    await Promise.all(running.map(({ process }) => process.exited));
    rmSync(this.#place.folder, { recursive: true, force: true });
    this.#place.closed();
  }

  #linkMounts(root: string, { container, mounts }: ProcessSpec): void {
    const hidden = linkMounts(root, mounts);
    if (mounts.some(({ path }) => !path.startsWith("/var/run/secrets/"))) {
      this.#log.info(`without namespaces the mounts of ${container} stand below $WEFT_ROOT`, { WEFT_ROOT: root });
    }
    for (const { path } of hidden) {
      this.#log.warning(`without namespaces ${container} cannot have ${path} inside another mount`);
    }
  }

  #environment({ env }: ProcessSpec, root: string): Record<string, string> {
    const require = `--require ${quoted(this.#place.shimFile)}`;
    // A program that listens on every address would take the port from every other pod.
    const everywhere = ["", "0.0.0.0", "::", "[::]"].includes(env["HOST"] ?? "");
    return {
      // Windows programs do not start without it.
      ...(process.platform === "win32" && { SystemRoot: process.env["SystemRoot"] ?? "" }),
      ...env,
      ...(everywhere && { HOST: this.podIP }),
      NODE_OPTIONS: env["NODE_OPTIONS"] ? `${env["NODE_OPTIONS"]} ${require}` : require,
      WEFT_NAMES: this.names.path,
      WEFT_ROOT: root,
    };
  }

  /** A port taken on an address that is this pod's alone is taken on all addresses. */
  async #checkPort(container: string, port: number): Promise<void> {
    if (!Number.isInteger(port) || port < 1 || port > 65535 || !(await isTaken(this.podIP, port))) return;
    const owner = this.#place.ownerOf(port) ?? "another program";
    throw new Fault(
      "PortConflict",
      `port ${port} of container ${container} in pod ${this.spec.namespace}/${this.spec.name} is taken: ` +
        `${owner} listens on it`,
      { remedy: "let each program listen on the address in its variable HOST, not on 0.0.0.0" },
    );
  }
}

/** As NODE_OPTIONS wants it: a path with spaces in double quotes, `\` before what they would end or escape. */
function quoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"` : path;
}
