import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Fault, type Clock } from "../../base/index.ts";
import type { Mount, ProcessSpec, Sandbox, SandboxProcess, SandboxSpec } from "../sandbox.ts";
import { nodeAddress, type PodAddress, type PodAddresses } from "./addresses.ts";
import { startContainer } from "./container.ts";
import { writeNameFiles } from "./name-files.ts";
import { makePodNamespace, type PodNamespace } from "./pod-namespace.ts";

/** What the pods of one node share. */
export interface PodSurroundings {
  readonly scratch: string;
  readonly hidden: readonly string[];
  readonly clock: Clock;
  readonly addresses: PodAddresses;
}

/** A pod in namespaces of its own. */
export class NetnsPod implements Sandbox {
  readonly podIP: string;
  readonly realIP: string;
  readonly hostIP = nodeAddress;
  readonly probeAddress: string;
  readonly #address: PodAddress;
  readonly #space: PodNamespace;
  readonly #folder: string;
  readonly #mounts: readonly Mount[];
  readonly #around: PodSurroundings;
  #started = 0;
  #closing: Promise<void> | undefined;

  /** Takes an address, makes the namespaces and the files every container of the pod sees; leaves nothing when it fails. */
  static async open(spec: SandboxSpec, around: PodSurroundings): Promise<NetnsPod> {
    const address = around.addresses.take();
    const folder = join(around.scratch, "netns", spec.uid);
    try {
      const mounts = await writeNameFiles(spec, address.podIP, join(folder, "etc"));
      const space = await makePodNamespace(spec.hostname, address);
      return new NetnsPod(address, space, folder, mounts, around);
    } catch (error) {
      around.addresses.release(address);
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    address: PodAddress,
    space: PodNamespace,
    folder: string,
    mounts: readonly Mount[],
    around: PodSurroundings,
  ) {
    this.podIP = address.podIP;
    this.realIP = address.realIP;
    this.probeAddress = address.realIP;
    this.#address = address;
    this.#space = space;
    this.#folder = folder;
    this.#mounts = mounts;
    this.#around = around;
  }

  /** Resolves when nothing runs in the pod any more. */
  get ended(): Promise<void> {
    return this.#space.gone;
  }

  start(spec: ProcessSpec): Promise<SandboxProcess> {
    if (this.#closing)
      return Promise.reject(new Fault("pod-closed", `the pod of the container ${spec.container} has ended`));
    return startContainer(spec, {
      podPid: this.#space.pid,
      folder: join(this.#folder, `container${this.#started++}`),
      scratch: this.#around.scratch,
      hidden: this.#around.hidden,
      mounts: this.#mounts,
      clock: this.#around.clock,
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#space.end();
    this.#around.addresses.release(this.#address);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
