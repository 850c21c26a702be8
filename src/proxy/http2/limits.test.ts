import assert from "node:assert/strict";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { filterTypes, type HttpConnectionManager, type Http2ProtocolOptions } from "../../xds/index.ts";
import * as frames from "../attacks/frames.ts";
import { RawEndpoint } from "../attacks/raw-endpoint.ts";
import { RawPeer } from "../attacks/raw-peer.ts";
import { cluster, toCluster } from "../fixture.ts";
import { ok, TestGateway } from "../gateway-fixture.ts";

const { block, continuation, endHeaders, endStream, frame, get, greeting, headers, open, types } = frames;

let clock: ManualClock;
let gateway: TestGateway;
const peers: RawPeer[] = [];

function eachWithItsGateway(): void {
  beforeEach(async () => {
    clock = new ManualClock();
    gateway = new TestGateway(clock);
    await gateway.start();
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.destroy();
    await gateway.close();
  });
}

function client(...said: readonly Buffer[]): RawPeer {
  const peer = new RawPeer(connect(gateway.port, "127.0.0.1"));
  peers.push(peer);
  peer.send(...said);
  return peer;
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Lets time pass a second at a time, and what is on its way arrive; `each`: what happens within a second. */
async function pass(seconds: number, each: (second: number) => void = () => undefined): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    each(second);
    for (let turns = 0; turns < 4; turns += 1) await turn();
    clock.advance(1000);
  }
  await turn();
}

const ended = (peer: RawPeer) => peer.until("the end", () => peer.ended !== "open");
const serve = (listener: Partial<HttpConnectionManager>) => gateway.serve({ listener });

describe("a client of HTTP/2 is cut off", () => {
  eachWithItsGateway();

  test("that has not sent its settings after a minute", async () => {
    await serve({ codec_type: "HTTP2" });
    for (const said of [Buffer.from("PRI * HT"), frames.preface, Buffer.concat([frames.preface, Buffer.alloc(5)])]) {
      const peer = client(said);
      await pass(55);
      assert.equal(peer.ended, "open");
      await pass(8);
      await ended(peer);
      assert.deepEqual(peer.refusals, ["goaway 4"]);
    }
  });

  test("that has not finished a field block after a minute, however often it sends some of it", async () => {
    const peer = client(greeting, headers(1, frames.request("GET", "/"), endStream));
    await pass(55, (second) => {
      if (second % 10 === 9) peer.send(continuation(1, block(["x", "y"]), 0));
    });
    assert.deepEqual(peer.refusals, []);
    await pass(10);
    await ended(peer);
    assert.deepEqual(peer.refusals, ["goaway 11"]);
  });

  test("that has not finished a frame after a minute", async () => {
    const request = get(1);
    for (const cut of [3, 9, 20]) {
      const peer = client(greeting, request.subarray(0, cut));
      await pass(55, (second) => {
        if (second % 10 === 9 && cut === 20)
          peer.send(request.subarray(20 + (second - 9) / 10, 21 + (second - 9) / 10));
      });
      assert.deepEqual(peer.refusals, []);
      await pass(10);
      await ended(peer);
      assert.deepEqual(peer.refusals, ["goaway 11"]);
    }
  });

  test("but not one whose frames are always cut somewhere", async () => {
    const peer = client(greeting);
    const bytes = Buffer.concat(Array.from({ length: 100 }, (_, index) => get(index * 2 + 1)));
    const step = 25;
    await pass(100, (second) => peer.send(bytes.subarray(second * step, (second + 1) * step)));
    assert.deepEqual(peer.refusals, []);
    assert.ok(peer.streams.size > 20);
  });

  test("that asked for nothing for an hour, once it was told", async () => {
    const peer = client(greeting, get(1));
    await peer.until("the answer", () => peer.stream(1).ended);
    clock.advance(3_599_000);
    await turn();
    assert.equal(peer.leaving, false);
    await pass(10);
    await ended(peer);
    assert.equal(peer.refusals.at(-1), "goaway 0");
  });
});

describe("a stream of HTTP/2", () => {
  eachWithItsGateway();

  test("whose body never comes ends with its idle time, others go on", async () => {
    gateway.accept = (socket) =>
      void socket.on("data", (bytes) => (bytes.latin1Slice().startsWith("GET") ? socket.write(ok) : undefined));
    const peer = client(greeting, open(1));
    await pass(295);
    assert.equal(peer.status(1), 0);
    await pass(10);
    await peer.until("the answer", () => peer.status(1) === 408);
    peer.send(get(3));
    await peer.until("another answer", () => peer.status(3) === 200);
  });

  test("whose body comes too slowly ends with the time for requests", async () => {
    gateway.accept = (socket) => void socket.resume();
    await serve({ request_timeout: "10s" });
    const peer = client(greeting, open(1));
    await pass(9, () => peer.send(frames.data(1, "x")));
    assert.equal(peer.status(1), 0);
    await pass(5);
    await peer.until("the answer", () => peer.status(1) === 408);
  });

  test("whose client opens no window for the last of its answer ends with its idle time", async () => {
    const body = "x".repeat(100_000);
    gateway.accept = (socket) =>
      void socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
    const peer = client(greeting, get(1));
    await peer.until("all the window takes", () => peer.dataBytes === 65_535);
    await pass(295);
    assert.deepEqual(peer.refusals, []);
    await pass(10);
    await peer.until("the end of the stream", () => peer.reset(1));
    assert.deepEqual(peer.refusals, ["rst 1 8"]);
    assert.equal(peer.ended, "open");
  });

  test("that waits for a window is still served when its connection is to end", async () => {
    const body = "x".repeat(100_000);
    gateway.accept = (socket) =>
      void socket.on("data", () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`));
    const peer = client(greeting, get(1));
    await peer.until("all the window takes", () => peer.dataBytes === 65_535);
    // Without listeners there are no more requests.
    await gateway.proxy.configure({ [gateway.node.id]: {} });
    await pass(10);
    await peer.until("it was told", () => peer.leaving);
    peer.send(frames.update(0, 100_000), frames.update(1, 100_000));
    await peer.until("the rest", () => peer.stream(1).ended);
    assert.equal(peer.dataBytes, body.length);
    await pass(10);
    await ended(peer);
  });
});

const keepalive: Http2ProtocolOptions = { connection_keepalive: { interval: "30s", timeout: "5s" } };

describe("with connection_keepalive", () => {
  eachWithItsGateway();

  test("a client that answers PING stays, one that does not is cut off", async () => {
    await serve({ http2_protocol_options: keepalive });
    const silent = client(greeting);
    const peer = client(greeting);
    let answered = 0;
    await pass(100, () => {
      for (; answered < peer.count(types.ping); answered += 1) peer.send(pongOf(answered + 1));
    });
    assert.equal(answered, 3);
    assert.equal(peer.ended, "open");
    await ended(silent);
    assert.equal(silent.count(types.ping), 1);
  });

  test("an endpoint that does not answer PING is asked no more", async () => {
    const endpoint = await new RawEndpoint().start();
    try {
      await gateway.serve({
        routes: [toCluster("two")],
        clusters: [cluster("two", [`127.0.0.1:${endpoint.port}`], speaking(keepalive))],
      });
      const peer = client(greeting, get(1, "/held"));
      await peer.until("the endpoint is asked", () => endpoint.open.size === 1);
      await pass(40);
      await peer.until("the answer", () => peer.status(1) === 503);
    } finally {
      await endpoint.close();
    }
  });
});

/** Answers the proxy's PING of this number. */
function pongOf(count: number): Buffer {
  return frame(types.ping, frames.ack, 0, Buffer.concat([Buffer.from([1, 0, 0, 0]), frames.word(count)]));
}

function speaking(options: Http2ProtocolOptions = {}) {
  return {
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": filterTypes.httpProtocolOptions,
        explicit_http_config: { http2_protocol_options: options },
      },
    },
  } as const;
}

describe("an endpoint of HTTP/2 is given up", () => {
  eachWithItsGateway();

  const ways: readonly (readonly [what: string, prepare: (endpoint: RawEndpoint) => void])[] = [
    ["that never says its settings", (endpoint) => void (endpoint.greeting = Buffer.alloc(0))],
    [
      "that never finishes a frame",
      (endpoint) => void (endpoint.greeting = Buffer.concat([frames.settings(), Buffer.alloc(4)])),
    ],
    ["that never finishes a head", (endpoint) => void (endpoint.script = (id) => [headers(id, [":status", "200"], 0)])],
  ];
  for (const [what, prepare] of ways) {
    test(`${what}, after a minute`, async () => {
      const endpoint = await new RawEndpoint().start();
      prepare(endpoint);
      try {
        await gateway.serve({
          routes: [toCluster("two")],
          clusters: [cluster("two", [`127.0.0.1:${endpoint.port}`], speaking())],
        });
        const peer = client(greeting, get(1, what.endsWith("head") ? "/odd" : "/held"));
        await peer.until("the endpoint is asked", () => endpoint.open.size === 1);
        await pass(55);
        assert.equal(peer.status(1), 0);
        await pass(10);
        await peer.until("the answer", () => peer.status(1) === 503);
        // It does not close either.
        await pass(12);
        await peer.until("its connection is gone", () => endpoint.open.size === 0);
      } finally {
        await endpoint.close();
      }
    });
  }

  test("whose connection was to end, and does not", async () => {
    const endpoint = await new RawEndpoint().start();
    endpoint.script = (id) => [headers(id, [":status", "200"], endHeaders | endStream), frames.data(0, "x")];
    try {
      await gateway.serve({
        routes: [toCluster("two")],
        clusters: [cluster("two", [`127.0.0.1:${endpoint.port}`], speaking())],
      });
      const peer = client(greeting, get(1, "/odd"));
      await peer.until("the answer", () => peer.status(1) === 200);
      await pass(13);
      await peer.until("its connection is gone", () => endpoint.open.size === 0);
    } finally {
      await endpoint.close();
    }
  });
});
