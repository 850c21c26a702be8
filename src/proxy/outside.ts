import type { Socket } from "node:net";
import type { FromProxy, ToProxy } from "./contract.ts";

/** Asks the control plane's process, which lives in the host's namespaces, for connections and names of the outside. */
export class Outside {
  readonly #send: (message: FromProxy) => void;
  readonly #connects = new Map<number, { resolve(socket: Socket): void; reject(error: Error): void }>();
  readonly #resolves = new Map<number, { resolve(addresses: readonly string[]): void; reject(error: Error): void }>();
  #next = 1;

  constructor(send: (message: FromProxy) => void) {
    this.#send = send;
  }

  connect(host: string, port: number, timeout: number): Promise<Socket> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#connects.set(id, { resolve, reject });
      this.#send({ kind: "connect", id, host, port, timeout });
    });
  }

  resolve(name: string, family: 0 | 4 | 6): Promise<readonly string[]> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#resolves.set(id, { resolve, reject });
      this.#send({ kind: "resolve", id, name, family });
    });
  }

  connected(message: Extract<ToProxy, { kind: "connected" }>, socket: Socket | undefined): void {
    const waiting = this.#connects.get(message.id);
    this.#connects.delete(message.id);
    if (socket && waiting) waiting.resolve(socket);
    else if (socket) socket.destroy();
    else waiting?.reject(new Error(message.error ?? "the connection was lost on its way"));
  }

  resolved(message: Extract<ToProxy, { kind: "resolved" }>): void {
    const waiting = this.#resolves.get(message.id);
    this.#resolves.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.addresses);
    else waiting?.reject(new Error(message.error));
  }
}
