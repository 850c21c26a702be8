import type { Server } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { type Clock, explain, type Log } from "../base/index.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Mesh } from "../mesh/index.ts";
import type { Capture, HostedWorkload, ServiceAddresses } from "../proxy/index.ts";
import type { AgentCommand, Command } from "../runtime/index.ts";
import { AdsServer, Multiplexer, type Node } from "../xds/index.ts";
import { GatewayPorts } from "./gateway-ports.ts";
import { LoopbackAddresses } from "./loopback.ts";
import { MeshPipeline } from "./mesh-pipeline.ts";
import { hostName } from "./outside.ts";
import { listenNear, listenOn, portOf } from "./ports.ts";
import { ProxyHost } from "./proxy-host.ts";
import { Refusals } from "./refusals.ts";
import { serviceAddresses } from "./service-addresses.ts";
import { dnsAddress, weftVersion } from "./settings.ts";

export interface DataPlaneOptions {
  readonly control: ControlPlane;
  readonly network: "netns" | "loopback";
  readonly gatewayPorts: GatewayPorts;
  readonly logFile: string;
  /** Where access logs for the standard output go. */
  readonly accessLog: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the proxy's process is started. */
  enter(entry: readonly string[]): Promise<Command>;
  /** To the node agent. */
  send(command: AgentCommand): void;
}

const insideCidrs = ["10.244.0.0/16", "10.245.0.0/16"];

/** From objects to traffic: the resolved mesh, its translation, the discovery conversation and the proxy. */
export class DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #pipeline: MeshPipeline;
  readonly #proxy: ProxyHost;
  readonly #refusals: Refusals;
  readonly #ads: AdsServer;
  readonly #channels: Multiplexer;
  readonly #loopback = new LoopbackAddresses();
  readonly #troubles = new Map<string, string>();
  readonly #doors = { admin: 0, metrics: 0 };
  #nodes: ReadonlyMap<string, Node> = new Map();
  #hosted: { readonly workloads: readonly HostedWorkload[]; readonly capture: Capture } | undefined;
  #names: AgentCommand | undefined;
  #services: ServiceAddresses = {};

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { control, clock, log, network } = options;
    this.#ads = new AdsServer({ onNack: (nack) => this.#refused(nack) });
    this.#channels = new Multiplexer(
      (node, message) => this.#proxy.xds(node, message),
      (_, channel) => this.#ads.connect(channel),
    );
    this.#pipeline = new MeshPipeline({
      client: control.client,
      ads: this.#ads,
      clock,
      log,
      changed: (mesh, nodes) => this.#changed(mesh, nodes),
    });
    this.#refusals = new Refusals((node) => this.#pipeline.resources(node));
    const dns = network === "netns" ? [dnsAddress] : [];
    this.#proxy = new ProxyHost({
      command: (entry) => options.enter([entry, weftVersion(), options.accessLog, ...dns]),
      env: {},
      logFile: options.logFile,
      clock,
      log,
      xds: (node, message) => this.#channels.receive(node, message),
      restarted: () => {
        this.#channels.closeAll();
        // What troubled it, its successor tells again.
        this.#troubles.clear();
      },
      serves: (served) => this.#tellServed(served),
      trouble: (code, message) => {
        this.#troubles.set(`${code} ${message}`, message);
        log.warning(message, { code });
      },
    });
  }

  get mesh(): Mesh | undefined {
    return this.#pipeline.mesh;
  }

  get proxyPid(): number | undefined {
    return this.#proxy.pid;
  }

  get nodes(): number {
    return this.#nodes.size;
  }

  /** Every node holds what it is to hold. */
  get synced(): boolean {
    return this.#pipeline.mesh !== undefined && [...this.#nodes.keys()].every((node) => this.#ads.synced(node));
  }

  /** Whether the proxy may still lead callers to the pod with this address. */
  isCalled(podIP: string): boolean {
    const services = [...(this.#pipeline.mesh?.services.values() ?? [])];
    const isNamed = services.some(({ ports }) =>
      ports.some(({ endpoints }) => endpoints.some(({ address, ready }) => ready && address === podIP)),
    );
    return isNamed || !this.synced;
  }

  /** Where the admin page and the metrics are. */
  get doors(): { readonly admin: string; readonly metrics: string } {
    return {
      admin: `http://127.0.0.1:${this.#doors.admin}/`,
      metrics: `http://127.0.0.1:${this.#doors.metrics}/stats/prometheus`,
    };
  }

  refused(): readonly string[] {
    return this.#refusals.list();
  }

  troubles(): readonly string[] {
    return [...this.#troubles.values(), ...this.#pipeline.notes];
  }

  /** Opens the proxy's own pages; rejects when no port is free for them. */
  async start(): Promise<void> {
    await Promise.all([this.#pipeline.start(), this.#openDoor("admin", 15_000), this.#openDoor("metrics", 15_090)]);
    await this.#proxy.ready;
  }

  /** Addresses of pods have changed. */
  addressesChanged(): void {
    this.#host();
  }

  /** Changes nothing any more, and starts no other proxy when this one ends with its namespace. */
  stopFollowing(): void {
    this.#pipeline.close();
    this.#proxy.expectEnd();
  }

  async stop(grace: number): Promise<void> {
    await this.#proxy.stop(grace);
  }

  /** The proxy's pages are at the ports Istio's proxies have, or at the next free ones. */
  async #openDoor(purpose: "admin" | "metrics", port: number): Promise<void> {
    let first: Server | undefined = await listenNear(port);
    const bound = portOf(first);
    this.#doors[purpose] = bound;
    await this.#proxy.listen({
      purpose,
      port,
      open: async () => {
        const server = first ?? (await listenOn(bound));
        first = undefined;
        return server;
      },
    });
  }

  #refused(nack: Parameters<Refusals["add"]>[0]): void {
    this.#options.log.error("the proxy refused resources", { node: nack.node.id, detail: nack.detail });
    this.#refusals.add(nack);
  }

  #changed(mesh: Mesh, nodes: ReadonlyMap<string, Node>): void {
    this.#nodes = nodes;
    this.#host();
    this.#tellServices(mesh);
    this.#options.gatewayPorts.open(mesh).catch((error: unknown) => {
      this.#options.log.warning("gateway ports could not be opened", { error: explain(error) });
    });
  }

  /** Tells the proxy whom it serves, and loopback pods how to call each other. */
  #host(): void {
    const { mesh } = this.#pipeline;
    if (!mesh) return;
    const { control, network } = this.#options;
    const real = control.kubelet.realIPs;
    const workloads: HostedWorkload[] = [];
    for (const node of this.#nodes.values()) {
      const address = node.metadata.INSTANCE_IPS;
      if (node.id.startsWith("router~")) workloads.push({ node });
      else if (real.has(address)) workloads.push({ node, address, realAddress: real.get(address) ?? address });
    }
    const hosted = { workloads, capture: this.#capture(mesh, workloads) };
    if (!isDeepStrictEqual(hosted, this.#hosted)) {
      // Should one of the same name come back, its conversation begins anew: the proxy forgets those it serves no more.
      const kept = new Set(workloads.map(({ node }) => node.id));
      for (const { node } of this.#hosted?.workloads ?? []) if (!kept.has(node.id)) this.#channels.close(node.id);
      this.#hosted = hosted;
      this.#proxy.host(hosted.workloads, hosted.capture);
    }
    if (network === "loopback") this.#tellNames();
  }

  #capture(mesh: Mesh, workloads: readonly HostedWorkload[]): Capture {
    if (this.#options.network === "netns") return { kind: "netns", inboundCidrs: insideCidrs };
    const nodes = new Map(workloads.map(({ node }) => [node.id, node]));
    return { kind: "loopback", addresses: this.#loopback.capture(mesh, nodes) };
  }

  #tellServices(mesh: Mesh): void {
    const services = serviceAddresses(mesh);
    if (isDeepStrictEqual(services, this.#services)) return;
    this.#services = services;
    this.#proxy.tellServices(services);
  }

  /** Programs of these pods may start: whatever they call is carried from the first moment. */
  #tellServed(served: readonly string[]): void {
    const nodes = served.flatMap((id) => this.#nodes.get(id) ?? []);
    const pods = nodes.map(({ metadata: { NAMESPACE, NAME } }) => `${NAMESPACE}/${NAME}`);
    this.#options.send({ kind: "served", pods });
  }

  #tellNames(): void {
    const hosts: Record<string, Record<string, string[]>> = {};
    for (const node of this.#nodes.values()) {
      const [table] = this.#pipeline.resources(node.id)?.names.values() ?? [];
      if (!table || node.id.startsWith("router~")) continue;
      const { NAMESPACE, NAME, INSTANCE_IPS } = node.metadata;
      hosts[`${NAMESPACE}/${NAME}`] = {
        ...this.#loopback.names(INSTANCE_IPS, NAMESPACE, table),
        [hostName]: ["127.0.0.1"],
      };
    }
    const command: AgentCommand = { kind: "names", hosts };
    if (isDeepStrictEqual(command, this.#names)) return;
    this.#names = command;
    this.#options.send(command);
  }

  /** A new agent knows no names yet. */
  agentReady(): void {
    if (this.#names) this.#options.send(this.#names);
  }

  /** Gives a gateway's port to the proxy. */
  readonly hand = (port: Parameters<ProxyHost["listen"]>[0]): Promise<void> => this.#proxy.listen(port);
}
