import assert from "node:assert/strict";
import { connect, type Server, type Socket } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { cluster, listen, nodeOf, portOf, resources, talk, tcpListener, TestProxy } from "./fixture.ts";
import { writeUntilHeldUp } from "./gateway-fixture.ts";
import { TestMesh } from "./mesh-fixture.ts";

type Accept = (socket: Socket) => void;
const echo: Accept = (socket) => void socket.pipe(socket);
const sockets = new Set<Socket>();
const track = (accept: Accept) => (socket: Socket) => {
  sockets.add(socket.on("error", () => undefined));
  accept(socket);
};
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

describe("carried bytes", () => {
  const node = nodeOf("gateway");
  const proxy = new TestProxy();
  let port = 0;
  let accept = echo;
  let origin: Server;
  before(async () => {
    origin = await listen(track((socket) => accept(socket)));
    proxy.host([{ node }]);
    port = await proxy.gateway(node.id, 7000);
    const clusters = [cluster("origin", [`127.0.0.1:${portOf(origin)}`]), cluster("nobody", ["127.0.0.1:1"])];
    await proxy.configure({ [node.id]: resources({ listeners: [tcpListener(7000, "origin")], clusters }) });
  });
  after(async () => {
    await proxy.close();
    origin.close();
  });

  test("a client that has said all it will may still be answered", async () => {
    accept = (socket) => {
      let text = "";
      socket.on("data", (bytes) => (text += bytes.toString()));
      socket.on("end", () => socket.end(`${text}!`));
    };
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.end("all of it");
    let answer = "";
    for await (const bytes of client) answer += String(bytes);
    assert.equal(answer, "all of it!");
  });

  test("a server that has said all it will may still be told more", async () => {
    const told = new Promise<string>((resolve) => {
      accept = (socket) => {
        let text = "";
        socket.end("hello");
        socket.on("data", (bytes) => (text += bytes.toString()));
        socket.on("end", () => resolve(text));
      };
    });
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    client.on("end", () => client.end("and goodbye")).resume();
    assert.equal(await told, "and goodbye");
  });

  test("a break of one side is a break of the other", async () => {
    accept = (socket) => void socket.once("data", () => socket.resetAndDestroy());
    assert.equal(await talk(port, "x"), "<reset>");
    const broken = new Promise((resolve) => {
      accept = (socket) => void socket.once("error", resolve).resume();
    });
    const client = connect(port, "127.0.0.1", () =>
      client.write("x", () => setTimeout(() => client.resetAndDestroy(), 5)),
    );
    assert.match(String(await broken), /ECONNRESET/);
  });

  test("much of it arrives whole at a slow reader's pace", async () => {
    const size = 8 * 1024 * 1024;
    accept = (socket) => void socket.end(Buffer.alloc(size, "x"));
    const client = connect(port, "127.0.0.1");
    let got = 0;
    for await (const bytes of client) {
      if (got % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      got += (bytes as Buffer).length;
    }
    assert.equal(got, size);
  });

  test("an endpoint that does not read holds the client up, and not in memory", async () => {
    accept = (socket) => void socket.pause();
    const client = connect(port, "127.0.0.1");
    client.on("error", () => undefined);
    const sent = await writeUntilHeldUp(client, Buffer.alloc(65_536));
    assert.ok(sent < 64 * 1024 * 1024, "nothing holds the client up");
    client.destroy();
  });

  test("a client without a server sees a break", async () => {
    await proxy.configure({
      [node.id]: resources({
        listeners: [tcpListener(7000, "nobody")],
        clusters: [cluster("nobody", ["127.0.0.1:1"]), cluster("origin", [`127.0.0.1:${portOf(origin)}`])],
      }),
    });
    assert.equal(await talk(port, "x"), "<reset>");
  });

  test("more connections than may be are broken, and the place of one that left is free", async () => {
    accept = echo;
    const limited = cluster("origin", [`127.0.0.1:${portOf(origin)}`], {
      circuit_breakers: { thresholds: [{ max_connections: 1 }] },
    });
    await proxy.configure({ [node.id]: resources({ listeners: [tcpListener(7000, "origin")], clusters: [limited] }) });
    for (let round = 0; round < 3; round += 1) {
      const first = connect(port, "127.0.0.1");
      await new Promise((resolve) => first.once("data", resolve).write("x"));
      assert.equal(await talk(port, "y"), "<reset>");
      await new Promise((resolve) => first.once("close", resolve).end());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});

describe("a port of what its first bytes show", () => {
  const mesh = new TestMesh();
  let accept: Accept = echo;
  before(async () => {
    await mesh.start(track((socket) => accept(socket)));
    await mesh.configure("detected");
  });
  after(() => mesh.close());

  test("a server that speaks first is heard", async () => {
    accept = (socket) => void socket.write("220 welcome\r\n");
    for (const caller of ["a", "plain"]) {
      assert.equal(await talk(mesh.port, "", (text) => text.endsWith("\n"), mesh.service(caller)), "220 welcome\r\n");
    }
  });

  test("bytes that are no HTTP are carried", async () => {
    accept = echo;
    for (const caller of ["a", "plain"]) {
      const text = "*1\r\n$4\r\nPING\r\n";
      assert.equal(await talk(mesh.port, text, (got) => got.length === text.length, mesh.service(caller)), text);
    }
  });

  test("a client that says half a word and no more is still carried", async () => {
    accept = (socket) => {
      let text = "";
      socket.on("data", (bytes) => (text += bytes.toString()));
      socket.on("end", () => socket.end(`${text}!`));
    };
    for (const caller of ["a", "plain"]) {
      const client = connect({ port: mesh.port, host: mesh.service(caller), allowHalfOpen: true });
      client.end("GE");
      let answer = "";
      for await (const bytes of client) answer += String(bytes);
      assert.equal(answer, "GE!", caller);
    }
  });

  test("bytes that are no HTTP on a port of HTTP are refused", async () => {
    await mesh.configure("http");
    assert.match(
      await talk(mesh.port, "PING\r\n\r\n", undefined, mesh.service("a")),
      /^HTTP\/1\.1 400 Bad Request\r\n/,
    );
    await mesh.configure("detected");
  });
});
