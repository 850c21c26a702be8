import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { type Clock, explain, Fault, type Log } from "../../base/index.ts";
import type { PodHost, Sandbox, SandboxSpec } from "../sandbox.ts";
import { LoopbackPod } from "./loopback-pod.ts";
import { listenerOf } from "./port-owner.ts";
import { type Reaper, startReaper } from "./reaper.ts";
import { resolverShim } from "./resolver-shim.ts";

export interface LoopbackOptions {
  /** A folder `loopback` is made here, and taken away at the end. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

type Hosts = Parameters<PodHost["names"]>[0];

/** 127.p.255.254 with p from 1; the rest of 127.p.0.0/16 is what pod p may call. */
const maxPods = 250;

/**
 * A host for any system: pods are plain processes. They see all files and processes of the user,
 * and find their volumes below `$WEFT_ROOT`.
 */
export function openLoopbackHost(options: LoopbackOptions): PodHost {
  return new LoopbackHost(options);
}

class LoopbackHost implements PodHost {
  readonly network = "loopback";
  readonly #folder: string;
  readonly #shimFile: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #reaper: Reaper = startReaper();
  readonly #setpriv = findSetpriv();
  /** By number; undefined while a pod is being opened. */
  readonly #pods = new Map<number, LoopbackPod | undefined>();
  #last = 0;
  #hosts: Hosts = {};

  constructor({ folder, clock, log }: LoopbackOptions) {
    this.#folder = resolve(folder, "loopback");
    this.#shimFile = join(this.#folder, "resolver.cjs");
    this.#clock = clock;
    this.#log = log;
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(this.#shimFile, resolverShim());
  }

  async open(spec: SandboxSpec): Promise<Sandbox> {
    const number = this.#freeNumber();
    const podIP = `127.${number}.255.254`;
    this.#pods.set(number, undefined);
    try {
      await checkAddress(podIP);
      const pod = new LoopbackPod(spec, {
        folder: join(this.#folder, spec.uid),
        podIP,
        shimFile: this.#shimFile,
        setpriv: this.#setpriv,
        reaper: this.#reaper,
        clock: this.#clock,
        log: this.#log,
        ownerOf: (port) => this.#ownerOf(port),
        closed: () => this.#pods.delete(number),
      });
      pod.names.write(this.#hosts[keyOf(spec)] ?? {});
      this.#pods.set(number, pod);
      return pod;
    } catch (error) {
      this.#pods.delete(number);
      throw error;
    }
  }

  names(hosts: Hosts): void {
    this.#hosts = hosts;
    for (const pod of this.#pods.values()) pod?.names.write(hosts[keyOf(pod.spec)] ?? {});
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pods.values()].flatMap((pod) => pod?.close() ?? []));
    await this.#reaper.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The next number, not the lowest: an address that has just been given up is not somebody else's at once. */
  #freeNumber(): number {
    for (let step = 1; step <= maxPods; step += 1) {
      const number = ((this.#last + step - 1) % maxPods) + 1;
      if (this.#pods.has(number)) continue;
      this.#last = number;
      return number;
    }
    throw new Fault(
      "no-pod-address",
      `without namespaces there are addresses for ${maxPods} pods, and all are in use`,
      {
        remedy: "run fewer pods, or run on Linux with user namespaces",
      },
    );
  }

  #ownerOf(port: number): string | undefined {
    const listener = listenerOf(port);
    if (!listener) return undefined;
    for (const pod of this.#pods.values()) {
      for (const { container, process } of pod?.running ?? []) {
        if (pod && process.pid === listener.group) return `container ${container} of pod ${keyOf(pod.spec)}`;
      }
    }
    return `the process ${listener.pid}, which is no pod,`;
  }
}

function keyOf({ namespace, name }: SandboxSpec): string {
  return `${namespace}/${name}`;
}

/** Linux and Windows give all of 127.0.0.0/8; macOS only what somebody has added to lo0. */
function checkAddress(address: string): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `this machine does not have the address ${address} for a pod: ${explain(cause)}`;
      reject(new Fault("no-pod-address", message, { remedy: `try \`sudo ifconfig lo0 alias ${address}\``, cause }));
    });
    server.listen(0, address, () => server.close(() => resolve()));
  });
}

/** util-linux's launcher that can have the kernel end a program with its parent; others of the name cannot. */
function findSetpriv(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const tried = ["--pdeathsig", "KILL", "--", process.execPath, "--version"];
  return ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => spawnSync(path, tried).status === 0);
}
