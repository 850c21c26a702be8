import type { Socket } from "node:net";
import { nobody, WireSocket, type SocketUser } from "./socket.ts";

/** Connects somewhere this process cannot reach itself; the connection comes back paused and unread. */
type ConnectOutside = (host: string, port: number, timeout: number) => Promise<Socket>;

export interface Connecting {
  readonly connected: (socket: WireSocket) => void;
  readonly failed: (reason: string) => void;
}

export interface ConnectorOptions {
  /** Where a workload of this process is really reached: its address of the mesh → the address of its sockets. */
  readonly realAddress: (address: string) => string | undefined;
  /** Absent: this process connects to the outside itself. */
  readonly outside: ConnectOutside | undefined;
}

/** Opens connections to endpoints: to workloads of this host directly, to the world the way this host allows. */
export class Connector {
  readonly #options: ConnectorOptions;

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** One of the callbacks is called once, never before this returns. `user` reads from the moment it is connected. */
  connect(address: string, port: number, timeout: number, user: SocketUser, connecting: Connecting): void {
    const { realAddress, outside } = this.#options;
    const real = realAddress(address);
    if (real !== undefined) return direct(real, port, timeout, user, connecting);
    if (!outside) return direct(address, port, timeout, user, connecting);
    void outside(address, port, timeout).then(
      (socket) => connecting.connected(WireSocket.over(socket, user)),
      (error: unknown) => connecting.failed(error instanceof Error ? error.message : String(error)),
    );
  }
}

function direct(address: string, port: number, timeout: number, user: SocketUser, connecting: Connecting): void {
  const waiting: SocketUser = {
    ...nobody,
    closed() {
      clearTimeout(timer);
      connecting.failed(socket.error?.code ?? "connection timeout");
    },
  };
  const socket = WireSocket.to(address, port, waiting, () => {
    clearTimeout(timer);
    socket.user = user;
    connecting.connected(socket);
  });
  const timer = setTimeout(() => socket.destroy(), timeout);
}
