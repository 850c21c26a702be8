import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { ResolveName } from "../config/resolution.ts";
import { answer, type DnsView } from "./answer.ts";
import { parseQuery, printAnswer, responseCodes, type Answer, type Query } from "./codec.ts";

export interface DnsServerOptions {
  /** What the caller with this address sees; undefined: a stranger, for whom only outside names exist. */
  readonly view: (caller: string) => DnsView | undefined;
  readonly resolve: ResolveName;
  readonly clusterDomain?: string;
}

/** Questions under way at once; more are answered with a failure, which resolvers take as "ask again". */
const mostPending = 512;
const mostConnections = 128;
/** Milliseconds a connection may be silent. */
const connectionIdle = 10_000;
const largestTcp = 65_535;

/** Mesh DNS over UDP and TCP. */
export class DnsServer {
  readonly #options: Required<DnsServerOptions>;
  readonly #connections = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  #pending = 0;

  constructor(options: DnsServerOptions) {
    this.#options = { clusterDomain: "cluster.local", ...options };
  }

  /** Listens on both; port 0 takes a free one. Returns the port. */
  async listen(address: string, port: number): Promise<number> {
    const tcp = createServer((socket) => this.#serve(socket));
    tcp.maxConnections = mostConnections;
    this.#tcp = tcp;
    tcp.listen(port, address);
    await once(tcp, "listening");
    const bound = tcp.address();
    const taken = typeof bound === "object" && bound ? bound.port : port;
    const udp = createSocket(address.includes(":") ? "udp6" : "udp4");
    this.#udp = udp;
    udp.on("message", (packet, from) => {
      void this.#ask(packet, from.address, (query) => query.udpSize).then((reply) => {
        // The server may have closed meanwhile.
        if (reply && this.#udp === udp) udp.send(reply, from.port, from.address, () => undefined);
        return undefined;
      });
    });
    udp.bind(taken, address);
    await once(udp, "listening");
    udp.on("error", () => undefined);
    tcp.on("error", () => undefined);
    return taken;
  }

  async close(): Promise<void> {
    const { udp, tcp } = { udp: this.#udp, tcp: this.#tcp };
    this.#udp = undefined;
    this.#tcp = undefined;
    for (const socket of this.#connections) socket.destroy();
    await Promise.all([
      udp && new Promise<void>((resolve) => udp.close(() => resolve())),
      tcp && new Promise<void>((resolve) => tcp.close(() => resolve())),
    ]);
  }

  async #ask(packet: Buffer, caller: string, limit: (query: Query) => number): Promise<Buffer | undefined> {
    const query = parseQuery(packet);
    if (!query) return undefined;
    return printAnswer(query, await this.#answer(query, caller), limit(query));
  }

  async #answer(query: Query, caller: string): Promise<Answer> {
    const failure: Answer = { code: responseCodes.serverFailure, records: [] };
    if (this.#pending >= mostPending) return failure;
    this.#pending += 1;
    try {
      return await answer(query, this.#options.view(caller.replace(/^::ffff:/, "")), this.#options);
    } catch {
      return failure;
    } finally {
      this.#pending -= 1;
    }
  }

  /** Messages on a connection have their length in front (RFC 1035 §4.2.2); they are answered in order. */
  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(connectionIdle, () => socket.destroy());
    const caller = socket.remoteAddress ?? "";
    let waiting: Buffer = Buffer.alloc(0);
    let last: Promise<void> = Promise.resolve();
    socket.on("data", (bytes: Buffer) => {
      waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
      while (waiting.length >= 2 && waiting.length >= waiting.readUInt16BE(0) + 2) {
        const end = waiting.readUInt16BE(0) + 2;
        const message = waiting.subarray(2, end);
        waiting = waiting.subarray(end);
        last = this.#reply(
          socket,
          last,
          this.#ask(message, caller, () => largestTcp),
        );
      }
    });
  }

  async #reply(socket: Socket, before: Promise<void>, reply: Promise<Buffer | undefined>): Promise<void> {
    await before;
    const packet = await reply;
    if (!packet) return void socket.destroy();
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    // Who asks and does not read waits.
    if (socket.writable && !socket.write(Buffer.concat([length, packet]))) {
      socket.pause();
      socket.once("drain", () => socket.resume());
    }
  }
}
