import type { Server, Socket } from "node:net";
import { systemChance, systemClock, type Clock, type Log } from "../base/index.ts";
import type { Registry } from "../metrics/index.ts";
import { adminHandler, metricsHandler, serveHttp } from "./admin/index.ts";
import { Capture } from "./capture/capture.ts";
import type { LiveCluster } from "./config/cluster.ts";
import { ConfigStore, unknownWorkload } from "./config/index.ts";
import type { Capture as CaptureKind, FromProxy, HostedWorkload, ToProxy } from "./contract.ts";
import { DnsServer } from "./dns/index.ts";
import { Sweeper, type Surroundings } from "./http/surroundings.ts";
import { Connector } from "./net/connector.ts";
import { Ticker } from "./net/ticker.ts";
import { Outside } from "./outside.ts";
import { Parties } from "./parties.ts";
import { Service } from "./serve.ts";
import { IstioTelemetry, LogFiles } from "./stats/index.ts";

export interface ProxyOptions {
  readonly send: (message: FromProxy) => void;
  readonly version: string;
  readonly log: Log;
  readonly logging: { readonly level: () => string; readonly set: (level: string) => boolean };
  /** Ends the process: asked for on the admin page. */
  readonly quit: () => void;
  /** The file that takes access logs meant for the standard output; absent: that of this process. */
  readonly standardOutput?: string;
  /** What time limits of connections and exchanges go by; absent: the system's. */
  readonly clock?: Clock;
  /** Where mesh DNS answers the pods of this namespace; absent: nowhere. */
  readonly dns?: { readonly address: string; readonly port: number };
}

/** A data plane: every part, put together in the order connections meet them. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #outside: Outside;
  readonly #telemetry: IstioTelemetry;
  readonly #store: ConfigStore;
  readonly #parties: Parties;
  readonly #service: Service;
  readonly #capture: Capture;
  readonly #sweeper: Sweeper;
  readonly #logs: LogFiles;
  readonly #servers: Server[] = [];
  readonly #startedAt = systemClock.monotonic();
  #dns: DnsServer | undefined;
  #updating: NodeJS.Immediate | undefined;
  #newlyServed: string[] = [];

  constructor(options: ProxyOptions) {
    this.#options = options;
    const { send, log } = options;
    this.#logs = new LogFiles((path, error) =>
      log.warning("an access log cannot be written", { path, error: error.message }),
    );
    this.#outside = new Outside(send);
    const resolve = (name: string, family: 0 | 4 | 6) => this.#outside.resolve(name, family);
    this.#telemetry = new IstioTelemetry({ version: options.version });
    this.#store = new ConfigStore({
      resolve,
      write: (path, line) => this.#logs.write(path === "/dev/stdout" ? (options.standardOutput ?? path) : path, line),
    });
    this.#parties = new Parties(this.#store, (node, message) => send({ kind: "xds", node, message }));
    const clock = options.clock ?? systemClock;
    const ticker = new Ticker(clock);
    this.#sweeper = new Sweeper(clock);
    const surroundings: Surroundings = {
      ticker,
      chance: systemChance,
      telemetry: this.#telemetry,
      sweeper: this.#sweeper,
      connector: new Connector({
        realAddress: (address) => this.#parties.realAddress(address),
        outside: (host, port, timeout) => this.#outside.connect(host, port, timeout),
      }),
      party: (address) => this.#parties.at(address),
    };
    this.#service = new Service(surroundings);
    this.#capture = new Capture({
      service: this.#service,
      callerAt: (address) => this.#parties.callerAt(address),
      partyOf: (node) => this.#parties.of(node),
      workloads: () => this.#store.workloads(),
      trouble: (code, message) => send({ kind: "trouble", code, message }),
    });
    this.#store.onChange(({ node, ports, ready }) => {
      if (ready) this.#newlyServed.push(node);
      if (ports || ready) this.#updateCapture();
    });
    if (options.dns) this.#serveNames(options.dns.address, options.dns.port);
    send({ kind: "ready" });
  }

  /** The metrics of this data plane. */
  get registry(): Registry {
    return this.#telemetry.registry;
  }

  /** The clusters of a node, with what runs in them. */
  clusters(node: string): readonly LiveCluster[] {
    return this.#store.workload(node)?.clusters ?? [];
  }

  /** A message of the control plane's process, with the socket it carries. */
  receive(message: ToProxy, handle?: Server | Socket): void {
    switch (message.kind) {
      case "workloads":
        return this.#host(message.workloads, message.capture);
      case "services":
        return this.#store.setServices(message.services);
      case "xds":
        return this.#parties.receive(message.node, message.message);
      case "listen":
        return this.#listen(message, handle as Server);
      case "connected":
        return this.#outside.connected(message, handle as Socket | undefined);
      case "resolved":
        return this.#outside.resolved(message);
      case "drain":
        return this.#drain();
    }
  }

  async close(): Promise<void> {
    if (this.#updating) clearImmediate(this.#updating);
    this.#capture.close();
    for (const server of this.#servers) server.close();
    this.#service.close();
    // Without workloads every endpoint is gone, and idle connections to it with it.
    this.#parties.host([]);
    this.#sweeper.sweep();
    await this.#dns?.close();
    await this.#logs.close();
  }

  #host(workloads: readonly HostedWorkload[], capture: CaptureKind): void {
    this.#parties.host(workloads);
    void this.#capture.update(capture);
  }

  /** Many listeners may change in one turn; the sockets follow once. */
  #updateCapture(): void {
    this.#updating ??= setImmediate(() => {
      this.#updating = undefined;
      const nodes = this.#newlyServed;
      this.#newlyServed = [];
      void this.#follow(nodes);
    });
  }

  /** Listens where the rules want it; the nodes whose first rules these are can be told of then. */
  async #follow(nodes: readonly string[]): Promise<void> {
    this.#service.follow();
    await this.#capture.update();
    if (nodes.length > 0) this.#options.send({ kind: "serves", nodes });
  }

  #listen(message: Extract<ToProxy, { kind: "listen" }>, server: Server): void {
    this.#servers.push(server);
    const { node, port } = message;
    switch (message.purpose) {
      case "gateway":
        Object.assign(server, { pauseOnConnect: true, allowHalfOpen: true });
        server.on("connection", (socket) => this.#acceptAtGateway(socket, node ?? "", port));
        return;
      case "admin":
        return serveHttp(server, adminHandler(this.#adminOptions()));
      case "metrics":
        return serveHttp(server, metricsHandler(this.#adminOptions()));
    }
  }

  #acceptAtGateway(socket: Socket, node: string, port: number): void {
    const owner = this.#parties.of(node);
    const listener = owner?.config.gateway(port);
    const { localAddress = "", remoteAddress = "", remotePort = 0 } = socket;
    if (!owner || !listener) return void socket.resetAndDestroy();
    this.#service.accept(socket, {
      owner,
      listener,
      direction: "gateway",
      destination: { address: localAddress, port },
      remoteAddress,
      remotePort,
      peer: unknownWorkload,
    });
  }

  #serveNames(address: string, port: number): void {
    this.#dns = new DnsServer({
      view: (caller) => {
        const node = this.#parties.nodeAt(caller);
        const workload = node && this.#store.workload(node.id);
        return workload && { namespace: workload.node.metadata.NAMESPACE, tables: workload.nameTables };
      },
      resolve: (name, family) => this.#outside.resolve(name, family),
    });
    void this.#dns.listen(address, port).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.send({ kind: "trouble", code: "no-dns", message: `mesh DNS cannot answer at ${address}: ${why}` });
    });
  }

  #drain(): void {
    this.#capture.close();
    for (const server of this.#servers) server.close();
    void this.#service.drain();
  }

  #adminOptions() {
    return {
      store: this.#store,
      registries: [this.#telemetry.registry],
      version: this.#options.version,
      quit: this.#options.quit,
      drain: () => this.#drain(),
      logging: this.#options.logging,
      ready: () => this.#store.ready,
      uptime: () => systemClock.monotonic() - this.#startedAt,
    };
  }
}
