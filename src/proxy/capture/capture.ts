import type { Socket } from "node:net";
import type { LiveWorkload } from "../config/workload.ts";
import { unknownWorkload } from "../config/workload-labels.ts";
import type { Capture as CaptureKind, LoopbackAddress } from "../contract.ts";
import type { Party } from "../http/surroundings.ts";
import type { Service } from "../serve.ts";
import { Listeners, type ListenAddress } from "./listeners.ts";

export interface CaptureOptions {
  readonly service: Service;
  /** The hosted workload whose connections come from this real address. */
  readonly callerAt: (realAddress: string) => Party | undefined;
  readonly partyOf: (node: string) => Party | undefined;
  readonly workloads: () => readonly LiveWorkload[];
  readonly trouble: (code: string, message: string) => void;
}

/** Ports that pods commonly call outside of the mesh; others are captured once something declares them. */
const alwaysCaptured = [80, 443, 8080, 8443];

/** Takes the connections of workloads, wherever they lead. */
export class Capture {
  readonly #options: CaptureOptions;
  readonly #listeners: Listeners;
  #kind: CaptureKind = { kind: "none" };
  #byLocal = new Map<string, LoopbackAddress>();

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#listeners = new Listeners({
      accept: (socket) => this.#accept(socket),
      trouble: options.trouble,
    });
  }

  /** Follows the workloads and their configuration. */
  update(kind: CaptureKind = this.#kind): Promise<void> {
    this.#kind = kind;
    switch (kind.kind) {
      case "netns":
        return this.#listeners.want(this.#ports().map((port) => ({ address: "0.0.0.0", port })));
      case "loopback":
        this.#byLocal = new Map(kind.addresses.map((entry) => [`${entry.local}:${entry.port}`, entry]));
        return this.#listeners.want(kind.addresses.map(({ local, port }): ListenAddress => ({ address: local, port })));
      case "none":
        return this.#listeners.want([]);
    }
  }

  close(): void {
    this.#listeners.close();
  }

  /** Every port some workload is called on, or calls. */
  #ports(): readonly number[] {
    const ports = new Set(alwaysCaptured);
    for (const { outboundPorts, listeners } of this.#options.workloads()) {
      for (const port of outboundPorts) ports.add(port);
      for (const { direction, message } of listeners) {
        if (direction !== "inbound") continue;
        for (const { filter_chain_match } of message.filter_chains) {
          if (filter_chain_match?.destination_port !== undefined) ports.add(filter_chain_match.destination_port);
        }
      }
    }
    return [...ports];
  }

  #accept(socket: Socket): void {
    const { localAddress: local = "", localPort = 0, remoteAddress: remote = "", remotePort = 0 } = socket;
    const entry = this.#kind.kind === "loopback" ? this.#byLocal.get(`${local}:${localPort}`) : undefined;
    const owner = entry ? this.#options.partyOf(entry.caller) : this.#options.callerAt(remote);
    const address = entry?.destination ?? local;
    const listener = owner?.config.ready ? owner.config.outbound(address, localPort) : undefined;
    // A stranger, or a workload whose rules are not known: nothing is carried without rules.
    if (!owner || !listener) return void socket.resetAndDestroy();
    this.#options.service.accept(socket, {
      owner,
      listener,
      direction: "outbound",
      destination: { address, port: localPort },
      remoteAddress: remote,
      remotePort,
      peer: unknownWorkload,
    });
  }
}
