import type { Socket } from "node:net";
import type { ClientTls, Towards } from "../tls/client-tls.ts";
import type { TlsCounters } from "../tls/counters.ts";
import { connectTls } from "../tls/handshake.ts";
import { nobody, WireSocket, type SocketUser } from "./socket.ts";

/** Connects somewhere this process cannot reach itself; the connection comes back paused and unread. */
type ConnectOutside = (host: string, port: number, timeout: number) => Promise<Socket>;

export interface Connecting {
  readonly connected: (socket: WireSocket) => void;
  readonly failed: (reason: string) => void;
}

/** Where a connection leads. */
export interface Destination {
  readonly address: string;
  readonly port: number;
  /** Milliseconds until it must be there, secure where it shall be. */
  readonly timeout: number;
  /** Milliseconds of silence after which the system asks the peer whether it is there. */
  readonly keepAlive?: number | undefined;
  readonly secure?: Securing | undefined;
  /** What is sent before anything else, TLS included. */
  readonly header?: Buffer | undefined;
}

/** How a connection becomes secure. */
export interface Securing {
  readonly tls: ClientTls;
  readonly towards: Towards;
  readonly counters: TlsCounters;
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
  connect(destination: Destination, user: SocketUser, connecting: Connecting): void {
    const { realAddress, outside } = this.#options;
    const { address, port, timeout } = destination;
    const real = realAddress(address);
    const attempt = new Connection(destination, user, connecting);
    if (real === undefined && outside) {
      void outside(address, port, timeout).then(
        (socket) => attempt.reached(WireSocket.over(socket, nobody)),
        (error: unknown) => attempt.failed(error instanceof Error ? error.message : String(error)),
      );
    } else attempt.begin(real ?? address);
  }
}

/** A connection being made: TCP first, then TLS where it is wanted. */
class Connection {
  readonly #destination: Destination;
  readonly #user: SocketUser;
  readonly #connecting: Connecting;
  readonly #timer: NodeJS.Timeout;
  #socket: WireSocket | undefined;

  constructor(destination: Destination, user: SocketUser, connecting: Connecting) {
    this.#destination = destination;
    this.#user = user;
    this.#connecting = connecting;
    this.#timer = setTimeout(() => this.#socket?.destroy(), destination.timeout);
  }

  begin(address: string): void {
    const waiting: SocketUser = {
      ...nobody,
      closed: () => this.failed(socket.error?.code ?? "connection timeout"),
    };
    const socket = WireSocket.to(address, this.#destination.port, waiting, () => {
      socket.user = nobody;
      this.reached(socket);
    });
    this.#socket = socket;
  }

  reached(socket: WireSocket): void {
    const { secure, header, keepAlive } = this.#destination;
    if (keepAlive !== undefined) socket.socket.setKeepAlive(true, keepAlive);
    if (header) socket.write(header);
    if (!secure) return this.#done(socket);
    this.#socket = connectTls(socket, secure.tls, secure.towards, secure.counters, {
      done: (secured) => this.#done(secured),
      failed: (reason) => this.failed(reason),
    });
  }

  failed(reason: string): void {
    clearTimeout(this.#timer);
    this.#connecting.failed(reason);
  }

  #done(socket: WireSocket): void {
    clearTimeout(this.#timer);
    socket.user = this.#user;
    this.#connecting.connected(socket);
  }
}
