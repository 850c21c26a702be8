import type { Refusal, ResourceChange } from "../../xds/index.ts";
import type {
  Cluster as ClusterMessage,
  ClusterLoadAssignment,
  Listener as ListenerMessage,
  NameTable,
  Node,
  ResourceKind,
  RouteConfiguration,
} from "../../xds/index.ts";
import type { WriteLine } from "./access-log.ts";
import { LiveCluster, type ClusterSurroundings } from "./cluster.ts";
import type { Cluster, Listener, RouteTable, WorkloadConfig } from "./contract.ts";
import { clusterShape, endpointShape, listenerShape, nameTableShape, routeShape } from "./honoured.ts";
import { compileListener, type CompiledListener } from "./listener.ts";
import { compileRoutes } from "./route-table.ts";
import { check, type Shape } from "./shape.ts";

export interface WorkloadSurroundings extends ClusterSurroundings {
  readonly write: WriteLine;
  /** A static configuration: every listener stands on sockets of its own, whatever its direction. */
  readonly allBound?: boolean;
}

const shapes: Readonly<Record<ResourceKind, Shape>> = {
  cluster: clusterShape,
  endpoint: endpointShape,
  listener: listenerShape,
  route: routeShape,
  names: nameTableShape,
};

/** The configuration of one workload, in force: lookups answer from what was last applied. */
export class LiveWorkload implements WorkloadConfig {
  readonly node: Node;
  readonly #surroundings: WorkloadSurroundings;
  readonly #clusters = new Map<string, LiveCluster>();
  readonly #endpoints = new Map<string, ClusterLoadAssignment>();
  readonly #routes = new Map<string, { readonly message: RouteConfiguration; readonly table: RouteTable }>();
  readonly #listeners = new Map<string, CompiledListener>();
  readonly #names = new Map<string, NameTable>();
  readonly #arrived = new Set<ResourceKind>();
  /** Listeners by direction, then `address:port`; rebuilt when a listener changes. */
  #byAddress: Readonly<Record<Listener["direction"], Map<string, CompiledListener>>> = emptyAddresses();
  #catchAll: Partial<Record<Listener["direction"], CompiledListener>> = {};
  #outboundPorts: ReadonlySet<number> = new Set();

  constructor(node: Node, surroundings: WorkloadSurroundings) {
    this.node = node;
    this.#surroundings = surroundings;
  }

  get ready(): boolean {
    return this.#arrived.size === 5;
  }

  get outboundPorts(): ReadonlySet<number> {
    return this.#outboundPorts;
  }

  outbound(address: string, port: number): Listener | undefined {
    const { outbound } = this.#byAddress;
    return (
      outbound.get(`${address}:${port}`) ??
      outbound.get(`0.0.0.0:${port}`) ??
      outbound.get(`:::${port}`) ??
      this.#catchAll.outbound
    );
  }

  inbound(port: number): Listener | undefined {
    return this.#byAddress.inbound.get(`:${port}`) ?? this.#catchAll.inbound ?? this.#byAddress.inbound.get(":15006");
  }

  gateway(port: number): Listener | undefined {
    return this.#byAddress.gateway.get(`:${port}`);
  }

  listener(name: string): Listener | undefined {
    return this.#listeners.get(name);
  }

  cluster(name: string): Cluster | undefined {
    return this.#clusters.get(name);
  }

  /** For the admin pages and mesh DNS. */
  get clusters(): readonly LiveCluster[] {
    return [...this.#clusters.values()];
  }

  get listeners(): readonly CompiledListener[] {
    return [...this.#listeners.values()];
  }

  get routes(): readonly RouteConfiguration[] {
    return [...this.#routes.values()].map(({ message }) => message);
  }

  get assignments(): readonly ClusterLoadAssignment[] {
    return [...this.#endpoints.values()];
  }

  get nameTables(): readonly NameTable[] {
    return [...this.#names.values()];
  }

  /** Ports on which gateways (or a static configuration) listen. */
  get gatewayPorts(): ReadonlySet<number> {
    return new Set([...this.#byAddress.gateway.keys()].map((key) => Number(key.slice(1))));
  }

  /** Applies one response between two requests: each resource is checked and compiled; a refused one stays as it was. */
  apply({ kind, changed, removed }: ResourceChange): readonly Refusal[] {
    const refusals: Refusal[] = [];
    for (const [name, resource] of changed) {
      const faults: string[] = [];
      check(shapes[kind], resource, "", faults);
      if (faults.length === 0) {
        try {
          this.#put(kind, name, resource);
        } catch (error) {
          faults.push(error instanceof Error ? error.message : String(error));
        }
      }
      if (faults.length > 0) refusals.push({ name, reason: faults.join("; ") });
    }
    for (const name of removed) this.#remove(kind, name);
    if (kind === "listener") this.#indexListeners();
    this.#arrived.add(kind);
    return refusals;
  }

  /** The workload left: every endpoint is gone. */
  close(): void {
    for (const cluster of this.#clusters.values()) cluster.close();
    this.#clusters.clear();
    this.#listeners.clear();
    this.#indexListeners();
  }

  #put(kind: ResourceKind, name: string, resource: unknown): void {
    switch (kind) {
      case "cluster":
        return this.#putCluster(resource as ClusterMessage);
      case "endpoint": {
        const assignment = resource as ClusterLoadAssignment;
        this.#endpoints.set(name, assignment);
        for (const cluster of this.#clusters.values()) {
          if (cluster.endpointsName === name) cluster.assign(assignment);
        }
        return;
      }
      case "route": {
        const message = resource as RouteConfiguration;
        this.#routes.set(name, { message, table: compileRoutes(message) });
        return;
      }
      case "listener": {
        const message = resource as ListenerMessage;
        const compiled = compileListener(message, this.#direction(message), {
          routes: (route) => this.#routes.get(route)?.table,
          write: this.#surroundings.write,
          material: this.#surroundings.material,
        });
        this.#listeners.set(name, compiled);
        return;
      }
      case "names":
        this.#names.set(name, resource as NameTable);
    }
  }

  #putCluster(message: ClusterMessage): void {
    const known = this.#clusters.get(message.name);
    if (known) known.configure(message);
    else this.#clusters.set(message.name, new LiveCluster(message, this.#surroundings));
    const cluster = this.#clusters.get(message.name);
    const endpointsName = cluster?.endpointsName;
    if (endpointsName !== undefined) cluster?.assign(this.#endpoints.get(endpointsName));
  }

  #remove(kind: ResourceKind, name: string): void {
    switch (kind) {
      case "cluster":
        this.#clusters.get(name)?.close();
        this.#clusters.delete(name);
        return;
      case "endpoint":
        this.#endpoints.delete(name);
        for (const cluster of this.#clusters.values()) {
          if (cluster.endpointsName === name) cluster.assign(undefined);
        }
        return;
      case "route":
        this.#routes.delete(name);
        return;
      case "listener":
        this.#listeners.delete(name);
        return;
      case "names":
        this.#names.delete(name);
    }
  }

  #direction(message: ListenerMessage): Listener["direction"] {
    if (this.#surroundings.allBound) return "gateway";
    if (message.traffic_direction === "INBOUND") return "inbound";
    const edge = !this.node.id.startsWith("sidecar~") || message.traffic_direction === "UNSPECIFIED";
    return edge ? "gateway" : "outbound";
  }

  #indexListeners(): void {
    const byAddress = emptyAddresses();
    const catchAll: Partial<Record<Listener["direction"], CompiledListener>> = {};
    const ports = new Set<number>();
    for (const listener of this.#listeners.values()) {
      if (listener.catchAll) catchAll[listener.direction] = listener;
      for (const { address, port } of listener.addresses) {
        // Only outbound listeners are told apart by their address.
        const key = listener.direction === "outbound" ? `${address}:${port}` : `:${port}`;
        byAddress[listener.direction].set(key, listener);
        if (listener.direction === "outbound" && !listener.catchAll) ports.add(port);
      }
    }
    this.#byAddress = byAddress;
    this.#catchAll = catchAll;
    this.#outboundPorts = ports;
  }
}

function emptyAddresses(): Record<Listener["direction"], Map<string, CompiledListener>> {
  return { inbound: new Map(), outbound: new Map(), gateway: new Map() };
}
