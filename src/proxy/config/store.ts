import { systemChance, systemClock, type Chance, type Clock } from "../../base/index.ts";
import { AdsClient, type Channel, type Node } from "../../xds/index.ts";
import type { WriteLine } from "./access-log.ts";
import type { ServiceAddresses, SocketAddress } from "../contract.ts";
import { Material } from "../tls/material.ts";
import type { WorkloadConfig } from "./contract.ts";
import type { ResolveName } from "./resolution.ts";
import { ServiceTable } from "./service-addresses.ts";
import { LiveWorkload, type WorkloadSurroundings } from "./workload.ts";

export interface ConfigStoreOptions {
  readonly resolve: ResolveName;
  readonly write: WriteLine;
  readonly clock?: Clock;
  readonly chance?: Chance;
  readonly material?: Material;
}

export type ConfigListener = (change: {
  readonly node: string;
  /** Ports to listen on may have changed. */
  readonly ports: boolean;
  /** The first time everything of this workload arrived. */
  readonly ready: boolean;
}) => void;

interface Hosted {
  readonly config: LiveWorkload;
  readonly client: AdsClient;
}

/** The configuration of every workload this process serves, fed by one discovery conversation each. */
export class ConfigStore {
  readonly #surroundings: WorkloadSurroundings;
  readonly #services: ServiceTable;
  readonly #hosted = new Map<string, Hosted>();
  readonly #listeners = new Set<ConfigListener>();

  constructor(options: ConfigStoreOptions) {
    const { clock = systemClock, chance = systemChance, material = new Material() } = options;
    this.#services = new ServiceTable(chance);
    const behind = (destination: SocketAddress) => this.#services.behind(destination);
    this.#surroundings = { ...options, clock, chance, material, behind };
  }

  /** The services of the cluster from now on. */
  setServices(services: ServiceAddresses): void {
    this.#services.set(services);
  }

  /** Serves this node too; `channel` is its conversation. Again with the same node: the conversation goes on over the new channel. */
  add(node: Node, channel?: Channel): WorkloadConfig {
    const hosted = this.#hosted.get(node.id) ?? this.#host(node);
    if (channel) hosted.client.connect(channel);
    return hosted.config;
  }

  /** Stops serving a node; its endpoints are gone. */
  remove(nodeId: string): void {
    this.#hosted.get(nodeId)?.config.close();
    this.#hosted.delete(nodeId);
  }

  workload(nodeId: string): LiveWorkload | undefined {
    return this.#hosted.get(nodeId)?.config;
  }

  workloads(): readonly LiveWorkload[] {
    return [...this.#hosted.values()].map(({ config }) => config);
  }

  /** True once every hosted workload has everything. */
  get ready(): boolean {
    return this.workloads().every(({ ready }) => ready);
  }

  /** Every outbound port of any workload: the ports to listen on in netns mode. */
  outboundPorts(): ReadonlySet<number> {
    const ports = new Set<number>();
    for (const { outboundPorts } of this.workloads()) for (const port of outboundPorts) ports.add(port);
    return ports;
  }

  /** Tells of changes, after they are in force; returns how to stop. */
  onChange(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #host(node: Node): Hosted {
    const config = new LiveWorkload(node, this.#surroundings);
    const client = new AdsClient({
      node,
      apply: (change) => {
        const before = config.ready;
        const refusals = config.apply(change);
        const ports = change.kind === "listener";
        for (const listener of this.#listeners) listener({ node: node.id, ports, ready: !before && config.ready });
        return refusals;
      },
    });
    const hosted = { config, client };
    this.#hosted.set(node.id, hosted);
    return hosted;
  }
}
