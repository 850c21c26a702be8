import assert from "node:assert/strict";
import { connect as connect2, createServer as createServer2, type ClientHttp2Session } from "node:http2";
import { createServer as createServer1, type IncomingMessage } from "node:http";
import { connect, createServer as createPlain, type AddressInfo, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { after, before, describe, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { filterTypes, type Cluster } from "../xds/index.ts";
import { versions, type Version } from "./codec-fixture.ts";
import { cluster, httpListener, nodeOf, resources, talk, TestProxy, toCluster } from "./fixture.ts";

const speaksHttp2: Partial<Cluster> = {
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": filterTypes.httpProtocolOptions,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

/** An endpoint that gives back what it is sent once it has agreed to the upgrade. */
function echoes(version: Version): Server {
  if (version === "HTTP/2") {
    const server = createServer2({ settings: { enableConnectProtocol: true } });
    server.on("stream", (stream, headers) => {
      if (headers[":protocol"] !== "websocket") return stream.respond({ ":status": 501 }, { endStream: true });
      stream.respond({ ":status": 200 });
      return void stream.pipe(stream);
    });
    return server;
  }
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer1((_, answer) => void answer.writeHead(426).end());
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    sockets.handleUpgrade(request, socket, head, (accepted) =>
      accepted.on("message", (bytes: Buffer, binary) => accepted.send(bytes, { binary })),
    );
  });
  return server;
}

/** A client's end of an upgraded connection, whatever carries it. */
interface Tunnel {
  readonly duplex: Duplex;
  readonly status: number;
}

const key = "dGhlIHNhbXBsZSBub25jZQ==";

function tunnel1(port: number): Promise<Tunnel> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, "127.0.0.1", () =>
      socket.write(
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
      ),
    );
    socket.on("error", reject);
    socket.once("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      if (text.startsWith("HTTP/1.1 101")) assert.match(text, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
      resolve({ duplex: socket, status: Number(text.slice(9, 12)) });
    });
  });
}

function tunnel2(session: ClientHttp2Session): Promise<Tunnel> {
  return new Promise((resolve, reject) => {
    const ask = () => {
      const stream = session.request(
        { ":method": "CONNECT", ":protocol": "websocket", ":path": "/chat", "sec-websocket-version": "13" },
        { endStream: false },
      );
      stream.on("error", reject);
      stream.on("response", (headers) => {
        assert.equal(headers["sec-websocket-accept"], undefined);
        resolve({ duplex: stream, status: Number(headers[":status"]) });
      });
    };
    // Extended CONNECT may be used once the server has said so (RFC 8441 §3).
    if (session.remoteSettings.enableConnectProtocol) ask();
    else session.once("remoteSettings", ask);
  });
}

/** One masked text frame (RFC 6455 §5.2), and the same unmasked as an endpoint of HTTP/1.1 sends it back. */
const masked = Buffer.from([0x81, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2]);
const plain = Buffer.from([0x81, 0x02, 0x68, 0x69]);

for (const client of versions) {
  for (const endpoint of versions) {
    describe(`a WebSocket of an ${client} client to an ${endpoint} endpoint`, () => {
      const proxy = new TestProxy();
      const node = nodeOf("gateway");
      const origin = echoes(endpoint);
      let port = 0;
      let session: ClientHttp2Session | undefined;
      before(async () => {
        await new Promise<void>((resolve) => void origin.listen(0, "127.0.0.1", resolve));
        const at = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
        proxy.host([{ node }]);
        port = await proxy.gateway(node.id, 80);
        await proxy.configure({
          [node.id]: resources({
            listeners: [httpListener(80, [toCluster("origin")])],
            clusters: [cluster("origin", [at], endpoint === "HTTP/2" ? speaksHttp2 : {})],
          }),
        });
        if (client === "HTTP/2") session = connect2(`http://127.0.0.1:${port}`);
      });
      after(async () => {
        session?.destroy();
        await proxy.close();
        origin.close();
      });
      const open = () => (session ? tunnel2(session) : tunnel1(port));
      const back = endpoint === "HTTP/2" ? masked : plain;

      test("carries bytes both ways, many times", async () => {
        const { duplex, status } = await open();
        assert.equal(status, client === "HTTP/2" ? 200 : 101);
        for (let count = 0; count < 20; count += 1) {
          const answer = new Promise<Buffer>((resolve) => duplex.once("data", resolve));
          duplex.write(masked);
          assert.deepEqual(await answer, back);
        }
        duplex.destroy();
      });

      test("ends for the client when the endpoint ends it", async () => {
        const { duplex } = await open();
        const ended = new Promise<void>((resolve) => duplex.once("close", resolve));
        // A close frame: an endpoint of WebSockets answers and closes; the echo ends when the client's side does.
        duplex.resume();
        if (endpoint === "HTTP/2") duplex.end();
        else duplex.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
        await ended;
      });
    });
  }
}

describe("upgrades", () => {
  const proxy = new TestProxy();
  const node = nodeOf("gateway");
  const origin = echoes("HTTP/1.1");
  let port = 0;
  before(async () => {
    await new Promise<void>((resolve) => void origin.listen(0, "127.0.0.1", resolve));
    proxy.host([{ node }]);
    port = await proxy.gateway(node.id, 80);
    const at = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
    await proxy.configure({
      [node.id]: resources({
        listeners: [httpListener(80, [toCluster("origin")])],
        clusters: [cluster("origin", [at])],
      }),
    });
  });
  after(async () => {
    await proxy.close();
    origin.close();
  });

  test("of a client of other people: messages of every size come back whole", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, { perMessageDeflate: false });
    await new Promise<void>((resolve, reject) => socket.once("open", resolve).once("error", reject));
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_000_000]) {
      const message = Buffer.alloc(size, size % 251);
      const answer = new Promise<Buffer>((resolve) => socket.once("message", (bytes: Buffer) => resolve(bytes)));
      socket.send(message);
      assert.deepEqual(await answer, message);
    }
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.close(1000, "done");
    await closed;
  });

  test("over HTTP/2 wait for the endpoint's word: until then it gets no byte that could be another request", async () => {
    let seen = "";
    const refusing = createPlain((socket) => {
      socket.on("data", (bytes: Buffer) => {
        seen += bytes.toString("latin1");
        setTimeout(() => socket.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"), 20);
      });
    });
    await new Promise<void>((resolve) => void refusing.listen(0, "127.0.0.1", resolve));
    const at = `127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    await proxy.configure({
      [node.id]: resources({
        listeners: [httpListener(80, [toCluster("origin")])],
        clusters: [cluster("origin", [at])],
      }),
    });
    const session = connect2(`http://127.0.0.1:${port}`);
    await new Promise<void>((resolve) => session.once("remoteSettings", () => resolve()));
    const stream = session.request(
      { ":method": "CONNECT", ":protocol": "websocket", ":path": "/" },
      { endStream: false },
    );
    stream.on("error", () => undefined);
    stream.write("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    const status = await new Promise((resolve) => stream.once("response", (headers) => resolve(headers[":status"])));
    session.destroy();
    refusing.close();
    assert.equal(status, 400);
    assert.doesNotMatch(seen, /smuggled/);
  });

  test("nobody allowed are answered 403", async () => {
    const answer = await talk(
      port,
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: spdy/3\r\n\r\n",
      (text) => text.includes("\r\n\r\n"),
    );
    assert.match(answer, /^HTTP\/1\.1 403 /);
  });
});
