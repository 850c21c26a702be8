import { isDeepStrictEqual } from "node:util";
import type { Clock, Log, Timer } from "../base/index.ts";
import { explain } from "../base/index.ts";
import { type ConfigMap, type Kind, kinds, type KubeObject } from "../model/index.ts";
import {
  emptyInput,
  emptySettleState,
  type Mesh,
  type MeshInput,
  resolveMesh,
  settle,
  type SettleState,
} from "../mesh/index.ts";
import { type Client, Informer } from "../store/index.ts";
import { meshConfig, meshConfigMap } from "./mesh-config.ts";
import { gatewayNodeOf, nodeOf, Translator } from "../translate/index.ts";
import type { AdsServer, Node, ResourceSet } from "../xds/index.ts";

export interface MeshPipelineOptions {
  readonly client: Client;
  readonly ads: AdsServer;
  readonly clock: Clock;
  readonly log: Log;
  /** A new snapshot is in force, and these nodes belong to it. */
  changed(mesh: Mesh, nodes: ReadonlyMap<string, Node>): void;
}

/** Which list of the mesh's input each watched kind fills. */
const sources = {
  namespaces: kinds.Namespace,
  services: kinds.Service,
  endpointSlices: kinds.EndpointSlice,
  pods: kinds.Pod,
  virtualServices: kinds.VirtualService,
  destinationRules: kinds.DestinationRule,
  gateways: kinds.Gateway,
  serviceEntries: kinds.ServiceEntry,
} as const;

/**
 * Objects → settled input → resolved mesh → resources of every node → discovery.
 * A burst of changes in one turn of the event loop makes one snapshot; there is no longer delay.
 */
export class MeshPipeline {
  readonly #options: MeshPipelineOptions;
  readonly #informers: { readonly list: keyof typeof sources; readonly informer: Informer<KubeObject> }[];
  readonly #dirty = new Set<keyof typeof sources>();
  readonly #configMaps: Informer<ConfigMap>;
  #wanted: MeshInput = emptyInput;
  #notes: readonly string[] = [];
  #effective: MeshInput | undefined;
  #settling: SettleState = emptySettleState;
  readonly #translator = new Translator();
  #mesh: Mesh | undefined;
  #nodes = new Map<string, Node>();
  #resources = new Map<string, ResourceSet>();
  #pending: NodeJS.Immediate | undefined;
  #wake: Timer | undefined;
  #started = false;

  constructor(options: MeshPipelineOptions) {
    this.#options = options;
    this.#informers = Object.entries(sources).map(([list, kind]) => ({
      list: list as keyof typeof sources,
      informer: new Informer(kind as Kind, { client: options.client, clock: options.clock, log: options.log }),
    }));
    this.#configMaps = new Informer(kinds.ConfigMap, {
      client: options.client,
      clock: options.clock,
      log: options.log,
    });
    this.#configMaps.onChange((before, after) => {
      const { name, namespace } = (after ?? before)?.metadata ?? {};
      if (name !== meshConfigMap.name || namespace !== meshConfigMap.namespace) return;
      this.#configure(after);
      if (this.#started) this.#schedule();
    });
    for (const { list, informer } of this.#informers) {
      informer.onChange(() => {
        this.#dirty.add(list);
        if (this.#started) this.#schedule();
      });
    }
  }

  /** The snapshot in force. */
  get mesh(): Mesh | undefined {
    return this.#mesh;
  }

  /** What of the mesh's settings has no effect. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** What a node is to hold now. */
  resources(node: string): ResourceSet | undefined {
    return this.#resources.get(node);
  }

  /** Resolves when the first snapshot is made. */
  async start(): Promise<void> {
    await Promise.all([this.#configMaps.synced, ...this.#informers.map(({ informer }) => informer.synced)]);
    this.#started = true;
    this.#compute();
  }

  close(): void {
    this.#configMaps.close();
    for (const { informer } of this.#informers) informer.close();
    if (this.#pending) clearImmediate(this.#pending);
    this.#wake?.cancel();
    this.#started = false;
  }

  #configure(configMap: ConfigMap | undefined): void {
    const { settings, notes } = meshConfig(configMap);
    this.#notes = notes;
    if (!isDeepStrictEqual(settings, this.#wanted.settings)) this.#wanted = { ...this.#wanted, settings };
  }

  #schedule(): void {
    this.#pending ??= setImmediate(() => {
      this.#pending = undefined;
      this.#compute();
    });
  }

  #compute(): void {
    const { clock, log, ads } = this.#options;
    try {
      this.#gather();
      const settled = settle(this.#effective, this.#wanted, this.#settling, clock.monotonic());
      this.#effective = settled.input;
      this.#settling = settled.state;
      this.#wake?.cancel();
      if (settled.wakeAt !== undefined) {
        this.#wake = clock.after(Math.max(0, settled.wakeAt - clock.monotonic()), () => this.#schedule());
      }
      const mesh = resolveMesh(settled.input, this.#mesh);
      const nodes = new Map<string, Node>();
      for (const workload of mesh.workloads.values()) {
        const node = nodeOf(workload, mesh.settings);
        nodes.set(node.id, node);
      }
      for (const workload of mesh.settings.gatewayWorkloads) {
        const node = gatewayNodeOf(workload, mesh.settings);
        nodes.set(node.id, node);
      }
      for (const node of this.#nodes.values()) {
        if (nodes.has(node.id)) continue;
        ads.removeNode(node.id);
        this.#translator.forget(node);
      }
      this.#mesh = mesh;
      this.#nodes = nodes;
      this.#resources = new Map(
        [...nodes.values()].map((node) => [node.id, this.#translator.translate(mesh, node)] as const),
      );
      for (const [node, resources] of this.#resources) ads.setResources(node, resources);
      this.#options.changed(mesh, nodes);
    } catch (error) {
      // The snapshot in force stays; the next change tries again.
      log.error("the mesh could not be resolved", { error: explain(error) });
    }
  }

  /** Takes over the lists that changed; the others stay the same arrays, so nothing of theirs is computed again. */
  #gather(): void {
    if (this.#dirty.size === 0) return;
    const changed: Record<string, KubeObject[]> = {};
    for (const { list, informer } of this.#informers) if (this.#dirty.has(list)) changed[list] = informer.list();
    this.#dirty.clear();
    this.#wanted = { ...this.#wanted, ...changed };
  }
}
