import { createServer, isIPv6, type AddressInfo, type Server, type Socket } from "node:net";
import type { ListenAddress } from "./listeners.ts";

/** An address a listener of a static configuration is to be bound to; port 0: any free one. */
export interface WantedPort extends ListenAddress {
  /** The listener's name. */
  readonly listener: string;
  /** `::` takes IPv4 connections too. */
  readonly bothFamilies: boolean;
}

/** Of listeners that take any free port, the one taken, by address and listener. */
export type ChosenPorts = Readonly<Record<string, number>>;

export interface BoundPort {
  readonly listener: string;
  readonly address: string;
  /** The one really bound. */
  readonly port: number;
}

export interface BoundPortsOptions {
  readonly accept: (socket: Socket, listener: string) => void;
  /** Several processes share each port. */
  readonly shared: boolean;
}

interface Entry {
  readonly server: Server;
  listener: string;
  readonly address: string;
}

/** Connections that may wait to be accepted. */
const backlog = 4096;

/** The sockets a static configuration listens on. */
export class BoundPorts {
  readonly #options: BoundPortsOptions;
  #entries = new Map<string, Entry>();

  constructor(options: BoundPortsOptions) {
    this.#options = options;
  }

  get bound(): readonly BoundPort[] {
    return [...this.#entries.values()].map(({ server, listener, address }) => ({
      listener,
      address,
      port: portOf(server),
    }));
  }

  /** What others must be told to listen on the same ports. */
  get chosen(): ChosenPorts {
    return Object.fromEntries([...this.#entries].map(([key, { server }]) => [key, portOf(server)]));
  }

  /**
   * Binds what is not bound yet. Rejects, with nothing changed, when one of them cannot be; otherwise gives what puts the
   * new set in force and takes no new connections where none are wanted any more.
   */
  async prepare(wanted: readonly WantedPort[], chosen: ChosenPorts = {}): Promise<() => void> {
    const next = new Map<string, Entry>();
    const fresh: Entry[] = [];
    try {
      for (const at of wanted) {
        const key = keyOf(at);
        const known = this.#entries.get(key);
        if (known) next.set(key, known);
        else {
          const entry = await this.#bind(at, at.port === 0 ? (chosen[key] ?? 0) : at.port);
          fresh.push(entry);
          next.set(key, entry);
        }
      }
    } catch (error) {
      for (const { server } of fresh) server.close();
      throw error;
    }
    return () => {
      for (const at of wanted) {
        const entry = next.get(keyOf(at));
        if (entry) entry.listener = at.listener;
      }
      for (const [key, { server }] of this.#entries) if (!next.has(key)) server.close();
      this.#entries = next;
    };
  }

  close(): void {
    for (const { server } of this.#entries.values()) server.close();
    this.#entries.clear();
  }

  #bind(at: WantedPort, port: number): Promise<Entry> {
    return new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
        this.#options.accept(socket, entry.listener),
      );
      const entry: Entry = { server, listener: at.listener, address: at.address };
      server.once("error", reject);
      server.listen(
        {
          host: at.address,
          port,
          backlog,
          reusePort: this.#options.shared,
          ipv6Only: isIPv6(at.address) && !at.bothFamilies,
        },
        () => {
          server.off("error", reject);
          // Failures to accept (too many open files) pass; what is bound stays bound.
          server.on("error", () => undefined);
          resolve(entry);
        },
      );
    });
  }
}

/** What tells ports apart. A free port is another one for each listener. */
export const keyOf = ({ address, port, listener }: WantedPort) =>
  port === 0 ? `${address} any ${listener}` : `${address} ${port}`;

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
