import type { Server, Socket } from "node:net";
import { type Clock, explain, type Log } from "../base/index.ts";
import type { FromProxy, HostedWorkload, Capture, ServiceAddresses, ToProxy } from "../proxy/index.ts";
import { connectOutside, resolveOutside } from "./outside.ts";
import type { Command } from "../runtime/index.ts";
import { entryOf, OwnProcess } from "./own-process.ts";

/** A socket the control plane's process opens on the host for the proxy. */
export interface HostPort {
  readonly purpose: "gateway" | "admin" | "metrics";
  /** The gateway's node id. */
  readonly node?: string;
  /** The port as the configuration knows it (80), not the one bound on the host (8080). */
  readonly port: number;
  /** Binds it; called again for each new proxy process, and must then give the same port. */
  open(): Promise<Server>;
}

export interface ProxyHostOptions {
  readonly command: (entry: string) => Promise<Command>;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A message of a workload's discovery conversation. */
  xds(node: string, message: unknown): void;
  /** A new process: every conversation begins anew. */
  restarted(): void;
  /** The rules of these nodes are in force. */
  serves(nodes: readonly string[]): void;
  trouble(code: string, message: string): void;
}

/** Runs the proxy process and gives it what it cannot make itself: sockets of the host, and connections to the outside. */
export class ProxyHost {
  readonly #options: ProxyHostOptions;
  readonly #process: OwnProcess;
  readonly #ports: HostPort[] = [];
  #workloads: ToProxy | undefined;
  #services: ToProxy | undefined;
  #isUp = false;
  #ready = Promise.withResolvers<void>();

  constructor(options: ProxyHostOptions) {
    this.#options = options;
    this.#process = new OwnProcess({
      name: "proxy",
      command: () => options.command(entryOf("proxy-process")),
      env: options.env,
      logFile: options.logFile,
      clock: options.clock,
      log: options.log,
      started: () => undefined,
      message: (message) => this.#receive(message as FromProxy),
      died: () => {
        this.#isUp = false;
        options.restarted();
        return true;
      },
    });
  }

  get pid(): number | undefined {
    return this.#process.innerPid;
  }

  /** Resolves when a proxy process first said it is ready. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The workloads it serves from now on, and how their connections reach it. */
  host(workloads: readonly HostedWorkload[], capture: Capture): void {
    this.#workloads = { kind: "workloads", workloads, capture };
    this.#send(this.#workloads);
  }

  /** Who answers at the addresses of services that no rule of the mesh routes. */
  tellServices(services: ServiceAddresses): void {
    this.#services = { kind: "services", services };
    this.#send(this.#services);
  }

  /** Opens a port of the host and hands it over, now or as soon as there is a proxy; rejects when it cannot be bound. */
  async listen(port: HostPort): Promise<void> {
    if (!this.#isUp) {
      this.#ports.push(port);
      return this.#ready.promise;
    }
    await this.#hand(port);
    this.#ports.push(port);
  }

  xds(node: string, message: unknown): void {
    this.#send({ kind: "xds", node, message });
  }

  expectEnd(): void {
    this.#process.expectEnd();
  }

  stop(grace: number): Promise<void> {
    return this.#process.stop(grace);
  }

  /** Ends the process at once; a new one takes over. */
  kill(): void {
    this.#process.kill();
  }

  #send(message: ToProxy, handle?: Server | Socket, sent?: () => void): void {
    this.#process.send(message, handle, sent);
  }

  async #hand(port: HostPort): Promise<void> {
    const server = await port.open();
    const message: ToProxy = {
      kind: "listen",
      purpose: port.purpose,
      port: port.port,
      ...(port.node === undefined ? {} : { node: port.node }),
    };
    // Our own copy must go, or this process would accept connections too.
    await new Promise<void>((resolve) => this.#send(message, server, () => server.close(() => resolve())));
  }

  #receive(message: FromProxy): void {
    switch (message.kind) {
      case "ready":
        return this.#begin();
      case "serves":
        return this.#options.serves(message.nodes);
      case "xds":
        return this.#options.xds(message.node, message.message);
      case "trouble":
        return this.#options.trouble(message.code, message.message);
      case "connect":
        return void this.#connect(message.id, message.host, message.port, message.timeout);
      case "resolve":
        return void this.#resolve(message.id, message.name, message.family);
    }
  }

  /** A proxy process is up: it is told everything its predecessor knew. */
  #begin(): void {
    this.#isUp = true;
    if (this.#services) this.#send(this.#services);
    if (this.#workloads) this.#send(this.#workloads);
    void Promise.all(this.#ports.map((port) => this.#hand(port)))
      .catch((error: unknown) => this.#options.trouble("port-taken", explain(error)))
      .then(() => this.#ready.resolve());
  }

  async #connect(id: number, host: string, port: number, timeout: number): Promise<void> {
    try {
      const socket = await connectOutside(host, port, timeout);
      this.#send({ kind: "connected", id }, socket, () => socket.destroy());
    } catch (error) {
      this.#send({ kind: "connected", id, error: explain(error) });
    }
  }

  async #resolve(id: number, name: string, family: 0 | 4 | 6): Promise<void> {
    this.#send({ kind: "resolved", id, addresses: await resolveOutside(name, family) });
  }
}
