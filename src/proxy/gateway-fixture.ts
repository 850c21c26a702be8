import type { Server, Socket } from "node:net";
import type { Clock } from "../base/index.ts";
import type { Cluster, Route } from "../xds/index.ts";
import { cluster, httpListener, listen, nodeOf, portOf, resources, TestProxy, toCluster } from "./fixture.ts";

export const ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
export const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
export const post = (length: number) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
/** Answers `ok` to whatever comes. */
const answering = (socket: Socket) => void socket.on("data", () => socket.write(ok));
export const pause = (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds));

export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let left = 400; !holds(); left -= 1) {
    if (left === 0) throw new Error(`never: ${what}`);
    await pause(5);
  }
}

/** Writes until nothing more is taken; how many bytes that were, at most 64 MiB. */
export async function writeUntilHeldUp(socket: Socket, piece: Buffer): Promise<number> {
  for (let sent = 0; ;) {
    while (sent < 64 * 1024 * 1024 && socket.write(piece)) sent += piece.length;
    if (!socket.writableNeedDrain) return sent;
    for (let quiet = 0; socket.writableNeedDrain; quiet += 1) {
      if (quiet === 20) return sent;
      await pause(10);
    }
  }
}

export interface Served {
  readonly routes?: readonly Route[];
  readonly cluster?: Partial<Cluster>;
  /** More clusters beside `origin`. */
  readonly clusters?: readonly Cluster[];
  readonly listener?: Parameters<typeof httpListener>[2];
}

/** A gateway before one origin, the cluster `origin`. */
export class TestGateway {
  readonly node = nodeOf("gateway");
  readonly proxy: TestProxy;
  /** The gateway's. */
  port = 0;
  /** What the origin does with a connection. */
  accept: (socket: Socket) => void = answering;
  /** Connections the origin took, and those still open. */
  connections = 0;
  readonly open = new Set<Socket>();
  #origin: Server | undefined;

  constructor(clock?: Clock) {
    this.proxy = new TestProxy(clock);
  }

  async start(served: Served = {}): Promise<void> {
    this.#origin = await listen((socket) => {
      this.connections += 1;
      this.open.add(socket.on("error", () => undefined));
      socket.on("close", () => this.open.delete(socket));
      socket.on("end", () => socket.end());
      this.accept(socket);
    });
    this.proxy.host([{ node: this.node }]);
    this.port = await this.proxy.gateway(this.node.id, 80);
    await this.serve(served);
  }

  get origin(): string {
    return this.#origin ? `127.0.0.1:${portOf(this.#origin)}` : "";
  }

  async serve({
    routes = [toCluster("origin")],
    cluster: more = {},
    clusters = [],
    listener,
  }: Served = {}): Promise<void> {
    await this.proxy.configure({
      [this.node.id]: resources({
        listeners: [httpListener(80, routes, listener)],
        clusters: [cluster("origin", [this.origin], more), ...clusters],
      }),
    });
  }

  async close(): Promise<void> {
    await this.proxy.close();
    this.#origin?.close();
    for (const socket of this.open) socket.destroy();
  }
}
