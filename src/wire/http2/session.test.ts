import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { carry, get, Half, post } from "./session-fixture.ts";

function pair(): { client: Half; server: Half } {
  const server = new Half("server");
  const client = new Half("client");
  carry(client, server);
  return { client, server };
}

describe("two sessions", () => {
  test("exchange a request and an answer", () => {
    const { client, server } = pair();
    server.answer = (stream) => stream.head([":status", "204", "x", "y"], true);
    const { events } = client.request(get, true);
    carry(client, server);
    assert.deepEqual(events, ["head :status 204 x y end"]);
    assert.deepEqual(server.streams[0]?.events, [`opened ${get.join(" ")} end`]);
    assert.equal(client.session.openStreams + server.session.openStreams, 0);
  });

  test("carry bodies and trailers both ways, with interim answers", () => {
    const { client, server } = pair();
    server.answer = (stream) => {
      stream.head([":status", "103", "link", "a"], false);
      stream.head([":status", "200"], false);
      stream.data(Buffer.from("answer"), 0, 6, false);
      stream.trailers(["grpc-status", "0"]);
    };
    const { events, stream } = client.request(post, false);
    stream?.data(Buffer.from("-body-"), 1, 5, false);
    stream?.trailers(["checksum", "1"]);
    carry(client, server);
    assert.deepEqual(events, ["head :status 103 link a", "head :status 200", "data answer", "trailers grpc-status 0"]);
    assert.deepEqual(server.streams[0]?.events, [`opened ${post.join(" ")}`, "data body", "trailers checksum 1"]);
    assert.equal(client.session.openStreams + server.session.openStreams, 0);
  });

  test("send more than the windows hold as they open", () => {
    const { client, server } = pair();
    const body = Buffer.alloc(3_000_000, "x");
    server.answer = (stream, log) => {
      stream.head([":status", "200"], false);
      let at = 0;
      const fill = (): void => {
        while (at < body.length) {
          const from = at;
          at = Math.min(body.length, from + 50_000);
          if (!stream.data(body, from, at, at === body.length)) return;
        }
      };
      log.drained = fill;
      fill();
    };
    const { events } = client.request(get, true);
    carry(client, server);
    assert.equal(events[1]?.length, "data ".length + body.length);
    assert.equal(events.at(-1), "end");
    assert.deepEqual(server.events, []);
  });

  test("serve on while ninety streams stand still", () => {
    const { client, server } = pair();
    server.answer = (stream) => {
      stream.head([":status", "200"], false);
      stream.data(Buffer.alloc(300_000), 0, 300_000, true);
    };
    const still = Array.from({ length: 90 }, () => client.request(get, true));
    for (const log of still) log.consumes = false;
    carry(client, server);
    for (const log of still) assert.equal(log.events[1]?.length, "data ".length + 65_535);
    const { events } = client.request(get, true);
    carry(client, server);
    assert.equal(events.at(-1), "end");
  });

  test("answer PING, and drain after a round trip", () => {
    const { client, server } = pair();
    assert.equal(client.session.lastPong, -1);
    client.session.ping(7);
    carry(client, server);
    assert.equal(client.session.lastPong, 7);
    const log = client.request(post, false);
    carry(client, server);
    server.session.drain();
    carry(client, server);
    assert.deepEqual(client.events, ["goaway 0", "goaway 0"]);
    assert.equal(client.session.room, 0);
    assert.equal(client.session.request(get, true, log), undefined);
    log.stream?.end();
    server.streams[0]?.stream?.head([":status", "200"], true);
    carry(client, server);
    assert.deepEqual(log.events, ["head :status 200 end"]);
  });

  test("refuse a stream that nobody reads", () => {
    const { client, server } = pair();
    server.opened = () => undefined;
    const { events } = client.request(post, false);
    carry(client, server);
    assert.deepEqual(events, ["reset 7 unprocessed"]);
    assert.equal(server.session.openStreams, 0);
  });

  test("end with empty trailers as with none", () => {
    const { client, server } = pair();
    server.answer = (stream) => {
      stream.head([":status", "200"], false);
      stream.trailers([]);
    };
    const { events } = client.request(get, true);
    carry(client, server);
    assert.deepEqual(events, ["head :status 200", "end"]);
  });

  test("end every stream when the socket is gone", () => {
    const { client, server } = pair();
    const { events } = client.request(get, false);
    carry(client, server);
    client.session.closed();
    server.session.closed();
    assert.deepEqual(events, ["reset 2"]);
    assert.deepEqual(server.streams[0]?.events.slice(1), ["reset 2"]);
  });
});
