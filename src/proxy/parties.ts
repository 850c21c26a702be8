import { isDeepStrictEqual } from "node:util";
import { Multiplexer } from "../xds/index.ts";
import type { ConfigStore } from "./config/store.ts";
import { workloadLabels } from "./config/workload-labels.ts";
import type { HostedWorkload } from "./contract.ts";
import type { Party } from "./http/surroundings.ts";

interface Entry {
  readonly hosted: HostedWorkload;
  readonly party: Party;
}

/** The workloads this process serves, found by node, by address of the mesh, and by the address their connections come from. */
export class Parties {
  readonly #store: ConfigStore;
  readonly #channels: Multiplexer;
  #byNode = new Map<string, Entry>();
  #byAddress = new Map<string, Entry>();
  #byRealAddress = new Map<string, Entry>();

  constructor(store: ConfigStore, sendXds: (node: string, message: unknown) => void) {
    this.#store = store;
    this.#channels = new Multiplexer(sendXds);
  }

  /** Serves exactly these; each new one begins its conversation. */
  host(workloads: readonly HostedWorkload[]): void {
    const before = this.#byNode;
    this.#byNode = new Map();
    this.#byAddress = new Map();
    this.#byRealAddress = new Map();
    for (const hosted of workloads) {
      const known = before.get(hosted.node.id);
      before.delete(hosted.node.id);
      const entry =
        known && isDeepStrictEqual(known.hosted, hosted) ? known : { hosted, party: this.#make(hosted, known) };
      this.#byNode.set(hosted.node.id, entry);
      if (hosted.address !== undefined) this.#byAddress.set(hosted.address, entry);
      if (hosted.realAddress !== undefined) this.#byRealAddress.set(hosted.realAddress, entry);
    }
    for (const id of before.keys()) {
      this.#channels.close(id);
      this.#store.remove(id);
    }
  }

  receive(node: string, message: unknown): void {
    if (this.#byNode.has(node)) this.#channels.receive(node, message);
  }

  of(node: string): Party | undefined {
    return this.#byNode.get(node)?.party;
  }

  at(address: string): Party | undefined {
    return this.#byAddress.get(address)?.party;
  }

  callerAt(realAddress: string): Party | undefined {
    return this.#byRealAddress.get(realAddress)?.party;
  }

  realAddress(address: string): string | undefined {
    return this.#byAddress.get(address)?.hosted.realAddress;
  }

  nodeAt(realAddress: string): HostedWorkload["node"] | undefined {
    return this.#byRealAddress.get(realAddress)?.hosted.node;
  }

  #make(hosted: HostedWorkload, known: Entry | undefined): Party {
    const { node } = hosted;
    const config = known?.party.config ?? this.#store.add(node, this.#channels.channel(node.id));
    return {
      config,
      labels: workloadLabels(node),
      meshed: node.metadata.MESHED,
      gateway: hosted.address === undefined,
    };
  }
}
