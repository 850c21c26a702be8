import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server, type ClientHttp2Stream } from "node:http2";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { describe, test } from "node:test";
import { get, Half, post } from "./session-fixture.ts";

/** Lets a half speak over a socket. */
function attach(half: Half, socket: Socket): void {
  const flush = () => {
    const bytes = half.take();
    if (bytes.length > 0 && !socket.write(bytes)) half.session.blocked(true);
    if (half.events.some((event) => event.startsWith("failed"))) socket.destroySoon();
  };
  half.pending = () => {
    if (!half.waiting) process.nextTick(flush);
    half.waiting = true;
  };
  socket.on("data", (bytes) => half.session.receive(bytes, 0, bytes.length));
  socket.on("drain", () => half.session.blocked(false));
  socket.on("close", () => half.session.closed());
  socket.on("error", () => undefined);
  flush();
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function bodyOf(stream: ClientHttp2Stream): Promise<string> {
  const pieces: Buffer[] = [];
  stream.on("data", (piece: Buffer) => void pieces.push(piece));
  await once(stream, "end");
  return Buffer.concat(pieces).latin1Slice();
}

const large = Buffer.alloc(2_000_000, "0123456789");

describe("a client we did not write", () => {
  test("gets answers of any size, trailers and its own body back", async () => {
    const halves: Half[] = [];
    const server = createServer((socket) => {
      const half = new Half("server");
      halves.push(half);
      half.answer = (stream, log) => {
        stream.head([":status", "200", "content-type", "text/plain"], false);
        log.data = (buffer, start, end) => {
          stream.data(buffer, start, end, false);
          stream.consumed(end - start);
        };
        log.ended = () => stream.trailers(["checksum", "1"]);
        if (stream.remoteEnded) stream.data(large, 0, large.length, true);
      };
      attach(half, socket);
    });
    const session = connectHttp2(`http://127.0.0.1:${await listening(server)}`);
    const answers = Array.from({ length: 20 }, async () => bodyOf(session.request({ ":path": "/" })));
    for (const answer of answers) assert.ok((await answer) === large.latin1Slice());
    const echo = session.request({ ":path": "/", ":method": "POST" });
    let trailers: unknown;
    echo.on("trailers", (fields) => (trailers = fields["checksum"]));
    echo.end(large);
    assert.equal(await bodyOf(echo), large.latin1Slice());
    assert.equal(trailers, "1");
    const pinged = new Promise((resolve) => session.ping((_error, duration) => resolve(duration)));
    assert.ok(Number(await pinged) > 0);
    halves[0]?.session.drain();
    await once(session, "goaway");
    session.close();
    await once(session, "close");
    server.close();
    // Node says that it leaves as well.
    assert.ok(halves[0]?.events.every((event) => event === "goaway 0"));
  });
});

describe("a server we did not write", () => {
  test("answers our requests, takes bodies and trailers, and drains", async () => {
    const server = createHttp2Server({ maxSessionMemory: 100 });
    server.on("stream", (stream, headers) => {
      if (headers[":method"] === "GET") {
        stream.respond({ ":status": 200 });
        stream.end(large);
        return;
      }
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.pipe(stream);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const half = new Half("client");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(socket, "connect");
    attach(half, socket);
    const gets = Array.from({ length: 20 }, () => half.request(get, true));
    const echo = half.request(post, false);
    echo.stream?.data(large, 0, large.length, false);
    echo.stream?.trailers(["checksum", "1"]);
    await ended([...gets, echo]);
    for (const log of gets) {
      assert.match(log.events[0] ?? "", /^head :status 200/);
      assert.deepEqual(log.events.slice(1), [`data ${large.latin1Slice()}`, "end"]);
    }
    assert.deepEqual(echo.events.slice(1), [`data ${large.latin1Slice()}`, "trailers grpc-status 0"]);
    half.session.ping(3);
    while (half.session.lastPong !== 3) await once(socket, "data");
    half.session.close(0);
    setImmediate(() => socket.end());
    await once(socket, "close");
    server.close();
    assert.deepEqual(half.events, []);
  });
});

async function ended(logs: readonly { events: string[] }[]): Promise<void> {
  while (logs.some(({ events }) => !/^(?:end|trailers|reset)/.test(events.at(-1) ?? ""))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
