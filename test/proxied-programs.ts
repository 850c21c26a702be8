/** Two programs behind a proxy under test: one that answers HTTP, one that sends TCP back. */
import { createServer, type Server } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo } from "node:net";
import { frontProxy } from "./static-proxy.ts";

export class Programs {
  #answer: (() => void) | undefined;
  readonly #web: Server;
  readonly #raw = createTcpServer((socket) => void socket.on("error", () => undefined).pipe(socket));

  constructor() {
    this.#web = createServer((request, response) => {
      const answer = () => void response.end(`${request.method} ${request.url}`);
      if (request.url === "/slow") this.#answer = answer;
      else answer();
    });
  }

  /** Whether somebody waits for `/slow`. */
  get isAsked(): boolean {
    return this.#answer !== undefined;
  }

  /** Answers who waits for `/slow`. */
  release(): void {
    this.#answer?.();
  }

  /** Nobody has asked for `/slow` yet. */
  forget(): void {
    this.#answer = undefined;
  }

  async start(): Promise<void> {
    for (const server of [this.#web, this.#raw]) {
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    }
  }

  close(): void {
    this.#web.close();
    this.#web.closeAllConnections();
    this.#raw.close();
  }

  /** A proxy's configuration that leads to both; `says` tells it from others. */
  bootstrap(says = "first"): string {
    return frontProxy({ web: portOf(this.#web), raw: portOf(this.#raw), says });
  }

  /** What comes back over TCP. */
  echo(port: number, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = "";
      const socket = connect(port, "127.0.0.1", () => socket.end(text));
      socket.on("data", (bytes) => void (answer += bytes.toString()));
      socket.on("end", () => resolve(answer));
      socket.on("error", reject);
    });
  }
}

export const portOf = (server: { address(): string | AddressInfo | null }) => {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
};
