import { readFileSync } from "node:fs";
import os from "node:os";
import { kinds, type Node } from "../../model/index.ts";
import { canonicalJson } from "../canonical.ts";
import { withCondition } from "../condition.ts";
import { ControlLoop } from "../loop.ts";
import type { Controller, World } from "../world.ts";

/** The name of the one node. */
export const nodeName = "weft";

export interface NodeOptions {
  /** Where the node is reached. */
  readonly address?: string;
  /** What it says its kubelet is. */
  readonly version?: string;
  /** Where its pods have their addresses. */
  readonly podCidr?: string;
}

const healthy = [
  ["MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ["Ready", "True", "KubeletReady", "kubelet is posting ready status"],
] as const;

/** Keeps the Node object that stands for this machine. */
export class NodeController implements Controller {
  readonly #world: World;
  readonly #options: NodeOptions;
  readonly #nodes;
  readonly #loop: ControlLoop;
  readonly #stop: () => void;

  constructor(world: World, options: NodeOptions = {}) {
    this.#world = world;
    this.#options = options;
    this.#nodes = world.informer(kinds.Node);
    this.#loop = new ControlLoop({ name: "node", world, reconcile: () => this.#reconcile() });
    this.#stop = this.#nodes.onChange((before, after) => {
      if ((after ?? before)?.metadata.name === nodeName) this.#loop.enqueue(nodeName);
    });
    this.#loop.enqueue(nodeName);
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  close(): void {
    this.#stop();
    this.#loop.close();
  }

  async #reconcile(): Promise<void> {
    const { client } = this.#world;
    const known = this.#nodes.get(nodeName);
    const node = known ?? (await client.create(kinds.Node, nodeObject(this.#options)));
    const status = this.#status(node);
    if (canonicalJson(status) !== canonicalJson(node.status))
      await client.replaceStatus(kinds.Node, { ...node, status });
  }

  #status({ status = {} }: Node): NonNullable<Node["status"]> {
    const now = this.#world.timestamp();
    let conditions = status.conditions ?? [];
    for (const [type, status, reason, message] of healthy) {
      conditions = withCondition(conditions, { type, status, reason, message, lastHeartbeatTime: now }, now);
    }
    const { address = "127.0.0.1", version = "v1.34.0+weft" } = this.#options;
    const size = {
      cpu: String(os.availableParallelism()),
      memory: `${Math.floor(os.totalmem() / 1024)}Ki`,
      pods: "110",
    };
    return {
      ...status,
      conditions,
      capacity: size,
      allocatable: size,
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: nodeName },
      ],
      nodeInfo: {
        machineID: "",
        systemUUID: "",
        bootID: "",
        kernelVersion: os.release(),
        osImage: systemName(),
        containerRuntimeVersion: "weft://0",
        kubeletVersion: version,
        kubeProxyVersion: version,
        operatingSystem: platform(),
        architecture: architecture(),
      },
    };
  }
}

function nodeObject({ podCidr }: NodeOptions): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: nodeName,
      labels: {
        "kubernetes.io/hostname": nodeName,
        "kubernetes.io/os": platform(),
        "kubernetes.io/arch": architecture(),
        "node-role.kubernetes.io/control-plane": "",
      },
    },
    spec: podCidr === undefined ? {} : { podCIDR: podCidr, podCIDRs: [podCidr] },
  };
}

function systemName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
    if (name) return name;
  } catch {
    // Only Linux has this file.
  }
  return `${os.type()} ${os.release()}`;
}

/** As Go calls them. */
function platform(): string {
  return process.platform === "win32" ? "windows" : process.platform;
}

function architecture(): string {
  return { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch;
}
