import type { Server } from "node:net";
import { type Clock, explain, type Log } from "../base/index.ts";
import type { Mesh } from "../mesh/index.ts";
import { gatewayAddresses, gatewayNodeOf } from "../translate/index.ts";
import { listenExactly, listenNear, portOf } from "./ports.ts";
import type { HostPort } from "./proxy-host.ts";

export interface GatewayPortsOptions {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Gives the port to the proxy. */
  hand(port: HostPort): Promise<void>;
}

interface Opened {
  readonly port: number;
  readonly note: string | undefined;
}

/**
 * Where the gateways' ports are on this machine: 80 at `--http-port`, 443 at `--https-port`, any other at its own
 * number or the next free one. A port stays open once opened: without a Gateway it answers 404 or closes.
 */
export class GatewayPorts {
  readonly #options: GatewayPortsOptions;
  readonly #opened = new Map<string, Promise<Opened>>();
  readonly #known = new Map<string, Opened>();
  readonly #failed = new Map<string, Error>();
  #opening: Promise<unknown> = Promise.resolve();
  #reserved: Server | undefined;

  constructor(options: GatewayPortsOptions) {
    this.#options = options;
  }

  /** Takes `--http-port` at once, so that a taken port is said before anything else is started. */
  async reserve(): Promise<void> {
    this.#reserved = await listenExactly(this.#options.httpPort, "--http-port");
  }

  /** Opens what the mesh's Gateways want; resolves when all of it is the proxy's. */
  async open(mesh: Mesh): Promise<void> {
    const nodes = new Map(
      mesh.settings.gatewayWorkloads.map((workload) => [
        `${workload.namespace}/${workload.name}`,
        gatewayNodeOf(workload, mesh.settings).id,
      ]),
    );
    const wanted = gatewayAddresses(mesh).map(({ workload, port }) => ({ node: nodes.get(workload) ?? "", port }));
    const keys = new Set(wanted.map(({ node, port }) => `${node} ${port}`));
    // What no Gateway wants any more is nobody's trouble.
    for (const key of this.#failed.keys()) if (!keys.has(key)) this.#failed.delete(key);
    this.#opening = Promise.all(wanted.map(({ node, port }) => this.#open(node, port)));
    await this.#opening;
  }

  /** Why a port that a Gateway wants is not open, once all were tried. */
  async failure(): Promise<Error | undefined> {
    await this.#opening;
    const [first] = this.#failed.values();
    return first;
  }

  /** The machine's port for a gateway's port; undefined while it is not open. */
  bound(port: number): number | undefined {
    return [...this.#known].find(([key]) => key.endsWith(` ${port}`))?.[1].port;
  }

  /** Ports that are not where one would look for them, and ports that could not be opened. */
  notes(): string[] {
    return [...[...this.#known.values()].flatMap(({ note }) => note ?? []), ...[...this.#failed.values()].map(explain)];
  }

  close(): void {
    this.#reserved?.close();
    this.#reserved = undefined;
  }

  async #open(node: string, port: number): Promise<void> {
    const key = `${node} ${port}`;
    let opening = this.#opened.get(key);
    if (!opening) {
      opening = this.#hand(node, port);
      this.#opened.set(key, opening);
    }
    try {
      this.#known.set(key, await opening);
      this.#failed.delete(key);
    } catch (error) {
      // Tried again with the next change of the mesh.
      this.#opened.delete(key);
      this.#failed.set(key, error instanceof Error ? error : new Error(explain(error)));
      this.#options.log.warning("a gateway's port could not be opened", { port, error: explain(error) });
    }
  }

  async #hand(node: string, port: number): Promise<Opened> {
    let first: Server | undefined = await this.#first(port);
    const bound = portOf(first);
    const expected = port === 80 ? this.#options.httpPort : port === 443 ? this.#options.httpsPort : port;
    await this.#options.hand({
      purpose: "gateway",
      node,
      port,
      open: async () => {
        const server = first ?? (await listenExactly(bound, port === 443 ? "--https-port" : "--http-port"));
        first = undefined;
        return server;
      },
    });
    const moved = bound !== expected && expected !== 0;
    return {
      port: bound,
      note: moved ? `the gateway's port ${port} is at ${bound}, since ${expected} is not free` : undefined,
    };
  }

  async #first(port: number): Promise<Server> {
    if (port === 80) {
      const reserved = this.#reserved;
      this.#reserved = undefined;
      return reserved ?? listenExactly(this.#options.httpPort, "--http-port");
    }
    if (port === 443) return listenExactly(this.#options.httpsPort, "--https-port");
    return listenNear(port);
  }
}
