import { createServer, type Server, type Socket } from "node:net";
import { codeOf } from "../../base/index.ts";

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

export interface ListenersOptions {
  readonly accept: (socket: Socket, at: ListenAddress) => void;
  readonly trouble: (code: string, message: string) => void;
}

/** Connections that may wait to be accepted. */
const backlog = 4096;

/** Keeps exactly the wanted addresses listened on. An address no longer wanted takes no new connections; its old ones go on. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #servers = new Map<string, Server>();

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Resolves when every wanted address is listened on, or its trouble was told. */
  async want(addresses: Iterable<ListenAddress>): Promise<void> {
    const wanted = new Map([...addresses].map((at) => [`${at.address}:${at.port}`, at]));
    for (const [key, server] of this.#servers) {
      if (wanted.has(key)) continue;
      this.#servers.delete(key);
      server.close();
    }
    await Promise.all([...wanted].filter(([key]) => !this.#servers.has(key)).map(([key, at]) => this.#listen(key, at)));
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }

  #listen(key: string, at: ListenAddress): Promise<void> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
      this.#options.accept(socket, at),
    );
    this.#servers.set(key, server);
    return new Promise((resolve) => {
      server.on("error", (error) => {
        // Tried again when the wanted addresses change.
        if (this.#servers.get(key) === server) this.#servers.delete(key);
        const why = codeOf(error) === "EADDRINUSE" ? "something else listens there" : error.message;
        this.#options.trouble("port-taken", `port ${at.port} of ${at.address} cannot be captured: ${why}`);
        resolve();
      });
      server.listen({ host: at.address, port: at.port, backlog }, resolve);
    });
  }
}
