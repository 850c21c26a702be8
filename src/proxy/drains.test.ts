import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ManualClock } from "../base/index.ts";
import * as frames from "./attacks/frames.ts";
import { RawPeer } from "./attacks/raw-peer.ts";
import { eventually, get, ok, TestGateway } from "./gateway-fixture.ts";

let clock: ManualClock;
let gateway: TestGateway;
let sockets: Socket[];
/** Requests that the endpoint was asked and has not answered. */
let unanswered: Socket[];

function eachWithItsGateway(): void {
  beforeEach(async () => {
    clock = new ManualClock();
    gateway = new TestGateway(clock);
    sockets = [];
    unanswered = [];
    gateway.accept = (socket) => void socket.on("data", () => unanswered.push(socket));
    await gateway.start();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await gateway.close();
  });
}

function open(): Socket {
  const socket = connect(gateway.port, "127.0.0.1");
  sockets.push(socket);
  return socket;
}

const asked = () => eventually("a request comes", () => unanswered.length > 0);
const answer = () => unanswered.shift()?.write(ok);
const drain = () => gateway.proxy.proxy.receive({ kind: "drain", seconds: 600 });

describe("a client of HTTP/2 that is to leave", () => {
  eachWithItsGateway();

  /** Has an answer, and the first GOAWAY. */
  async function leaving(): Promise<RawPeer> {
    const peer = new RawPeer(open());
    peer.send(frames.greeting, frames.get(1));
    await asked();
    answer();
    await peer.until("the answer", () => peer.stream(1).ended);
    drain();
    await peer.until("a PING behind the GOAWAY", () => peer.leaving && peer.count(frames.types.ping) === 1);
    assert.deepEqual(peer.refusals, ["goaway 0"]);
    return peer;
  }

  const pong = frames.frame(frames.types.ping, frames.ack, 0, Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]));

  test("is served what it asks before it has read so, however idle it was, and leaves with its last answer", async () => {
    const peer = await leaving();
    clock.advance(3000);
    peer.send(frames.get(3), pong);
    await asked();
    await peer.until("the second GOAWAY", () => peer.refusals.length === 2);
    answer();
    // No time passes.
    await peer.until("the end", () => peer.ended !== "open");
    assert.deepEqual([peer.status(3), peer.ended], [200, "end"]);
    assert.ok(peer.stream(3).ended);
    assert.ok(peer.refusals.every((refusal) => refusal === "goaway 0"));
  });

  test("leaves at once when it has read so and waits for nothing", async () => {
    const peer = await leaving();
    peer.send(pong);
    await peer.until("the end", () => peer.ended === "end");
  });

  test("is sent away after a while when it does not say that it has read so", async () => {
    const peer = await leaving();
    for (let second = 0; second < 6; second += 1) clock.advance(1000);
    await peer.until("the end", () => peer.ended === "end");
  });
});

describe("a client of HTTP/1.1 that is to leave", () => {
  eachWithItsGateway();

  test("is not closed behind an answer that did not say so: its next request is answered", async () => {
    const socket = open();
    let got = "";
    let isClosed = false;
    socket.on("data", (bytes) => void (got += bytes.toString("latin1"))).on("close", () => (isClosed = true));
    socket.write(get);
    await asked();
    unanswered[0]?.write(ok.slice(0, -1));
    await eventually("most of the answer", () => got.endsWith("\no"));
    drain();
    unanswered.shift()?.write(ok.slice(-1));
    await eventually("the answer", () => got.endsWith("ok"));
    assert.doesNotMatch(got, /connection: close/);
    got = "";
    socket.write(get);
    await asked();
    answer();
    await eventually("the end", () => isClosed);
    assert.match(got, /^HTTP\/1\.1 200 [^]*connection: close\r\n[^]*ok$/);
  });
});
