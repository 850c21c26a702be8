import { lookup } from "node:dns/promises";
import type { Socket } from "node:net";
import { systemChance, systemClock, type Log } from "../base/index.ts";
import type { Secret } from "../xds/index.ts";
import { pageOf, type PageRequest, type Reply } from "./admin/index.ts";
import type { Bootstrap } from "./bootstrap/bootstrap.ts";
import { nodeOf, portsOf, resourcesOf, secretsOf } from "./bootstrap/resources.ts";
import { type BoundPort, BoundPorts, type ChosenPorts } from "./capture/bound-ports.ts";
import { unknownWorkload, workloadLabels } from "./config/workload-labels.ts";
import { LiveWorkload } from "./config/workload.ts";
import { type Party, type Surroundings, Sweeper } from "./http/surroundings.ts";
import { Connector } from "./net/connector.ts";
import { Ticker } from "./net/ticker.ts";
import { Service } from "./serve.ts";
import { IstioTelemetry, LogFiles } from "./stats/index.ts";
import { Material } from "./tls/material.ts";

export interface StaticProxyOptions {
  readonly version: string;
  readonly log: Log;
  readonly logging: { readonly level: () => string; readonly set: (level: string) => boolean };
  /** Asked for on the admin page. */
  readonly quit: () => void;
  /** Several processes share each port. */
  readonly shared: boolean;
}

/** A data plane of one bootstrap: the parts of the mesh's, fed from a file instead of a conversation. */
export class StaticProxy {
  readonly #options: StaticProxyOptions;
  readonly #telemetry: IstioTelemetry;
  readonly #config: LiveWorkload;
  readonly #party: Party;
  readonly #service: Service;
  readonly #ports: BoundPorts;
  readonly #sweeper: Sweeper;
  readonly #material: Material;
  readonly #logs: LogFiles;
  readonly #startedAt = systemClock.monotonic();
  #bootstrap: Bootstrap = {};
  #secrets: ReadonlyMap<string, Secret> = new Map();

  constructor(bootstrap: Bootstrap, options: StaticProxyOptions) {
    this.#options = options;
    this.#logs = new LogFiles((path, error) =>
      options.log.warning("an access log cannot be written", { path, error: error.message }),
    );
    this.#material = new Material({
      secret: (name) => this.#secrets.get(name),
      trouble: (why) => options.log.warning("a changed certificate cannot be used; the old one stays", { why }),
    });
    const node = nodeOf(bootstrap);
    this.#config = new LiveWorkload(node, {
      clock: systemClock,
      chance: systemChance,
      resolve: async (name, family) => (await lookup(name, { all: true, family })).map(({ address }) => address),
      write: this.#logs.write,
      material: this.#material,
      allBound: true,
    });
    this.#party = { config: this.#config, labels: workloadLabels(node), meshed: false, gateway: true };
    this.#telemetry = new IstioTelemetry({ version: options.version });
    const ticker = new Ticker(systemClock);
    this.#sweeper = new Sweeper(systemClock);
    const surroundings: Surroundings = {
      ticker,
      chance: systemChance,
      telemetry: this.#telemetry,
      sweeper: this.#sweeper,
      connector: new Connector({ realAddress: () => undefined, outside: undefined }),
      party: () => undefined,
    };
    this.#service = new Service(surroundings);
    this.#ports = new BoundPorts({
      shared: options.shared,
      accept: (socket, listener) => this.#accept(socket, listener),
    });
  }

  /** Where it listens. */
  get bound(): readonly BoundPort[] {
    return this.#ports.bound;
  }

  /** Puts a checked bootstrap in force. Rejects, with nothing changed, when a port of it cannot be bound. */
  async serve(bootstrap: Bootstrap, chosen: ChosenPorts = {}): Promise<void> {
    const follow = await this.#ports.prepare(portsOf(bootstrap), chosen);
    this.#secrets = secretsOf(bootstrap);
    this.#material.changed();
    const { changes } = resourcesOf(bootstrap, this.#bootstrap);
    for (const change of changes) {
      for (const { name, reason } of this.#config.apply(change)) {
        this.#options.log.error("a checked resource was refused", { name, reason });
      }
    }
    this.#bootstrap = bootstrap;
    follow();
    this.#service.follow();
  }

  /** One of the admin pages. */
  page(request: PageRequest): Reply {
    return pageOf(request, {
      store: { workloads: () => [this.#config] },
      registries: [this.#telemetry.registry],
      version: this.#options.version,
      quit: this.#options.quit,
      drain: () => void this.drain(),
      logging: this.#options.logging,
      ready: () => this.#config.ready,
      uptime: () => systemClock.monotonic() - this.#startedAt,
      bound: () => this.bound,
    });
  }

  /** Takes no new connections, and tells every client with its next answer that it is the last; resolves when all have gone. */
  async drain(): Promise<void> {
    this.#ports.close();
    await this.#service.drain();
  }

  async close(): Promise<void> {
    this.#ports.close();
    this.#service.close();
    this.#config.close();
    this.#sweeper.sweep();
    await this.#logs.close();
  }

  #accept(socket: Socket, name: string): void {
    const listener = this.#config.listener(name);
    if (!listener) return void socket.resetAndDestroy();
    const { localAddress = "", localPort = 0, remoteAddress = "", remotePort = 0 } = socket;
    this.#service.accept(socket, {
      owner: this.#party,
      listener,
      direction: listener.inbound ? "inbound" : "gateway",
      bound: name,
      destination: { address: localAddress, port: localPort },
      remoteAddress,
      remotePort,
      peer: unknownWorkload,
    });
  }
}
