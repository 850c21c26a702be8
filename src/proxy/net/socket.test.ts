import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { seededChance } from "../../base/index.ts";
import { listen, portOf } from "../fixture.ts";
import { eventually } from "../gateway-fixture.ts";
import { nobody, WireSocket } from "./socket.ts";

/** Both ends of a connection: ours, and what its peer sees. */
async function pair() {
  const accepted = Promise.withResolvers<Socket>();
  const server = await listen(accepted.resolve);
  const client = connect(portOf(server), "127.0.0.1");
  const seen = { end: "" };
  client.resume();
  client.on("end", () => (seen.end ||= "end"));
  client.on("error", (error) => (seen.end ||= "code" in error ? String(error.code) : error.message));
  let closed = 0;
  const socket = WireSocket.over(await accepted.promise, { ...nobody, closed: () => (closed += 1) });
  server.close();
  return { socket, client, seen, closed: () => closed };
}

describe("a reset", () => {
  test("is seen as a break and told of once, though much was written before", async () => {
    const { socket, client, seen, closed } = await pair();
    client.pause();
    for (let count = 0; count < 100; count += 1) socket.write(Buffer.alloc(65_536));
    socket.reset();
    client.resume();
    await eventually("the break", () => seen.end !== "" && closed() === 1);
    assert.equal(seen.end, "ECONNRESET");
  });

  test("after an end that is still on its way leaves no connection behind", async () => {
    const { socket, seen, closed } = await pair();
    socket.end();
    socket.reset();
    process.nextTick(() => socket.destroy());
    await eventually("both sides closed", () => seen.end !== "" && closed() === 1);
  });

  test("and an end in the same moment leave no connection behind", async () => {
    const { socket, seen, closed } = await pair();
    socket.reset();
    socket.destroy();
    await eventually("both sides closed", () => seen.end !== "" && closed() === 1);
  });
});

describe("what is written", () => {
  test("arrives in order and as it was, though its buffer is filled again at once and its reader is slow", async () => {
    const chance = seededChance(3);
    const { socket, client } = await pair();
    const heard: Buffer[] = [];
    client.removeAllListeners("data").on("data", (bytes) => {
      heard.push(bytes);
      if (chance() > 0.05) return;
      client.pause();
      setTimeout(() => client.resume(), chance() * 20);
    });
    let free: () => void = () => undefined;
    socket.user = { ...nobody, drained: () => free() };
    const said: Buffer[] = [];
    const buffer = Buffer.alloc(65_536);
    for (let round = 0; round < 600; round += 1) {
      const length = 1 + Math.floor(chance() * (chance() < 0.5 ? 100 : buffer.length));
      buffer.fill(round & 255, 0, length);
      const [head, tail] = [`<${round}`, `${round}>`];
      const way = chance();
      let more: boolean;
      if (way < 0.3) {
        more = socket.carry(buffer, 0, length);
        said.push(Buffer.from(buffer.subarray(0, length)));
      } else if (way < 0.7) {
        more = socket.carryBetween(head, buffer, 0, length, tail);
        said.push(Buffer.from(head), Buffer.from(buffer.subarray(0, length)), Buffer.from(tail));
      } else {
        more = socket.write(head);
        said.push(Buffer.from(head));
      }
      if (!more && chance() < 0.8) await new Promise<void>((resolve) => (free = resolve));
    }
    const all = Buffer.concat(said);
    assert.equal(socket.bytesWritten, all.length);
    socket.end();
    await eventually("every byte", () => heard.reduce((sum, { length }) => sum + length, 0) === all.length);
    assert.ok(Buffer.concat(heard).equals(all));
    client.destroy();
  });

  test("to a peer that is gone is told of by the stream, like any other write", async () => {
    const { socket, client, closed } = await pair();
    client.resetAndDestroy();
    const bytes = Buffer.alloc(65_536);
    await eventually("the end", () => {
      if (!socket.closed) socket.carry(bytes, 0, bytes.length);
      return closed() === 1;
    });
    assert.match(socket.error?.code ?? "", /^(EPIPE|ECONNRESET)$/);
  });
});
