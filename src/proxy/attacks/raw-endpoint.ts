import type { Server, Socket } from "node:net";
import { listen, portOf } from "../fixture.ts";
import { data, endHeaders, endStream, headers, settings } from "./frames.ts";
import { RawPeer } from "./raw-peer.ts";

/** What an endpoint says to a request on stream `id`. */
export type Script = (id: number, peer: RawPeer) => readonly Buffer[];

/** An endpoint of HTTP/2 that answers `/odd` with what it is told to, `/held` never, and everything else with its path. */
export class RawEndpoint {
  port = 0;
  script: Script = () => [];
  /** What it says first. */
  greeting: Buffer = settings();
  readonly open = new Set<RawPeer>();
  #server: Server | undefined;

  async start(): Promise<this> {
    this.#server = await listen((socket) => this.#accept(socket));
    this.port = portOf(this.#server);
    return this;
  }

  #accept(socket: Socket): void {
    const peer = new RawPeer(socket, true);
    this.open.add(peer);
    socket.on("close", () => this.open.delete(peer));
    socket.on("end", () => socket.end());
    peer.onHead = (id, fields) => {
      const path = fields[fields.indexOf(":path") + 1] ?? "";
      if (path === "/odd") return peer.send(...this.script(id, peer));
      if (path === "/held") return;
      peer.send(headers(id, [":status", "200"], endHeaders), data(id, path, endStream));
    };
    peer.send(this.greeting);
  }

  close(): Promise<void> {
    this.#server?.close();
    for (const peer of this.open) peer.destroy();
    return Promise.resolve();
  }
}
