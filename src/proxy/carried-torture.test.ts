import assert from "node:assert/strict";
import { connect, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { seededChance, type Chance } from "../base/index.ts";
import { cluster, listen, nodeOf, portOf, resources, tcpListener, TestProxy } from "./fixture.ts";
import { eventually, pause } from "./gateway-fixture.ts";

/** Bytes whose order shows: 251 is no divisor of any buffer's size. */
const pattern = Buffer.from(Array.from({ length: 251 * 1024 }, (_, index) => (index * 7 + ((index / 251) | 0)) % 251));
const period = pattern.length;

/** One end: says so many bytes of the pattern, and holds what it hears against it. */
class End {
  readonly socket: Socket;
  heard = 0;
  /** Where other bytes came than the pattern's, or soon after. */
  disorder: number | undefined;
  said = 0;
  /** How it ended, from here. */
  over: "end" | "break" | undefined;
  readonly #chance: Chance;
  /** Where this direction begins in the pattern. */
  readonly #size: number;

  constructor(socket: Socket, size: number, chance: Chance, slow: boolean) {
    this.socket = socket;
    this.#size = size;
    this.#chance = chance;
    socket.on("data", (bytes: Buffer) => {
      this.#hear(bytes);
      if (slow && chance() < 0.05) this.#rest();
    });
    if (slow) this.#rest();
    socket.on("end", () => (this.over ??= "end"));
    socket.on("error", () => (this.over = "break"));
    socket.on("close", () => (this.over ??= "break"));
  }

  /** Says all of it in pieces of any size, then that there is no more. */
  async speak(): Promise<void> {
    const { socket } = this;
    while (this.said < this.#size && !socket.destroyed) {
      const most = this.#chance() < 0.2 ? 40 : 250_000;
      const length = Math.min(1 + Math.floor(this.#chance() * most), this.#size - this.said);
      const at = this.said % period;
      const piece = pattern.subarray(at, at + length);
      this.said += piece.length;
      if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve).once("close", resolve));
      if (this.#chance() < 0.02) await pause(2);
    }
    if (!socket.destroyed) socket.end();
  }

  /** Long enough for the system's own buffers to fill up before it. */
  #rest(): void {
    this.socket.pause();
    setTimeout(() => this.socket.resume(), this.#chance() * 60);
  }

  #hear(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const from = (this.heard + at) % period;
      const length = Math.min(bytes.length - at, period - from);
      const same = pattern.compare(bytes, at, at + length, from, from + length) === 0;
      if (!same) this.disorder ??= this.heard + at;
      at += length;
    }
    this.heard += bytes.length;
  }
}

describe("bytes of many connections at once", () => {
  const node = nodeOf("gateway");
  const proxy = new TestProxy();
  const waiting: ((socket: Socket) => void)[] = [];
  let origin: Server;
  let port = 0;
  before(async () => {
    origin = await listen((socket) => waiting.shift()?.(socket));
    proxy.host([{ node }]);
    port = await proxy.gateway(node.id, 7000);
    const clusters = [cluster("origin", [`127.0.0.1:${portOf(origin)}`])];
    await proxy.configure({ [node.id]: resources({ listeners: [tcpListener(7000, "origin")], clusters }) });
  });
  after(async () => {
    await proxy.close();
    origin.close();
  });
  const load = () => proxy.proxy.clusters(node.id).map((each) => each.load.connections);

  async function open(sizes: readonly [number, number], chance: Chance): Promise<readonly [End, End]> {
    const accepted = new Promise<Socket>((resolve) => void waiting.push(resolve));
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    // One at a time, so that this is the one.
    const server = await accepted;
    return [new End(client, sizes[0], chance, chance() < 0.5), new End(server, sizes[1], chance, chance() < 0.5)];
  }

  for (const seed of [1, 2]) {
    test(`arrive as they were sent, whoever is slow and whoever ends first (${seed})`, async () => {
      const chance = seededChance(seed);
      const size = () => Math.floor(chance() * (chance() < 0.4 ? 16_000_000 : 100_000));
      const pairs: (readonly [End, End])[] = [];
      const talks: Promise<unknown>[] = [];
      for (let count = 0; count < 16; count += 1) {
        const pair = await open([size(), size()], chance);
        pairs.push(pair);
        talks.push(...pair.map((end) => end.speak()));
      }
      await Promise.all(talks);
      await eventually("every end", () => pairs.flat().every(({ over }) => over !== undefined));
      for (const [client, server] of pairs) {
        assert.deepEqual([client.disorder, server.disorder], [undefined, undefined]);
        assert.deepEqual([client.over, server.over], ["end", "end"]);
        assert.deepEqual([client.heard, server.heard], [server.said, client.said]);
      }
      await eventually("no connection left", () => load().every((count) => count === 0));
    });
  }

  test("that are broken on the way were in order as far as they came, and leave nothing behind", async () => {
    const chance = seededChance(7);
    const pairs: (readonly [End, End])[] = [];
    const talks: Promise<unknown>[] = [];
    for (let count = 0; count < 24; count += 1) {
      const pair = await open([16_000_000, 16_000_000], chance);
      pairs.push(pair);
      talks.push(...pair.map((end) => end.speak()));
      const { socket } = pair[chance() < 0.5 ? 0 : 1];
      setTimeout(() => (chance() < 0.5 ? socket.resetAndDestroy() : socket.destroy()), chance() * 100);
    }
    await Promise.all(talks);
    await eventually("every end", () => pairs.flat().every(({ socket }) => socket.destroyed));
    assert.ok(pairs.flat().every(({ disorder }) => disorder === undefined));
    await eventually("no connection left", () => load().every((count) => count === 0));
  });
});
