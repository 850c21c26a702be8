import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
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
