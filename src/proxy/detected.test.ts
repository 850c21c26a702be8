import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import type { Cluster, Listener } from "../xds/index.ts";
import { cluster, talk } from "./fixture.ts";
import { eventually, get, ok, pause } from "./gateway-fixture.ts";
import { TestMesh } from "./mesh-fixture.ts";

const mesh = new TestMesh();
const callers = ["a", "plain"] as const;
/** What the origins took, in order, and all that came on each. */
let taken: { readonly socket: Socket; heard: string; over: boolean }[] = [];
let accept: (socket: Socket) => void = () => undefined;

before(() =>
  mesh.start((socket) => {
    const entry = { socket, heard: "", over: false };
    taken.push(entry);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => (entry.heard += bytes.toString("latin1")));
    socket.on("close", () => (entry.over = true));
    socket.on("end", () => socket.end());
    accept(socket);
  }),
);
after(() => mesh.close());
afterEach(async () => {
  for (const { socket } of taken) socket.destroy();
  await eventually("every connection counted out", () => load() === 0);
  taken = [];
});

/** Detects with this much time for the first bytes. */
async function detecting(time: string, continues = true, endpoint?: string): Promise<void> {
  const sets = mesh.sets("detected");
  for (const [node, { listener = new Map(), cluster: clusters = new Map() }] of Object.entries(sets)) {
    const timed = ({ listener_filters, ...rest }: Listener): Listener => ({
      ...rest,
      ...(listener_filters && { listener_filters, listener_filters_timeout: time }),
      continue_on_listener_filters_timeout: continues,
    });
    const led = (of: Cluster): Cluster =>
      endpoint !== undefined && of.load_assignment ? { ...of, ...cluster(of.name, [endpoint]) } : of;
    sets[node] = {
      listener: new Map([...listener].map(([name, each]) => [name, timed(each)])),
      cluster: new Map([...clusters].map(([name, each]) => [name, led(each)])),
    };
  }
  await mesh.proxy.configure(sets);
}
const load = () => {
  const all = Object.values(mesh.nodes).flatMap((node) => mesh.proxy.proxy.clusters(node.id));
  return all.reduce((sum, { load: { connections } }) => sum + connections, 0);
};
const sum = (metric: string) =>
  mesh.metric(metric).reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);
const opened = () => sum("istio_tcp_connections_opened_total");
const greet = (socket: Socket) => void socket.write("220 welcome\r\n");
const answer = (socket: Socket) => void socket.on("data", () => socket.write(ok));

describe("on a port of whatever its first bytes show", () => {
  before(() => detecting("60s"));

  test("a server that speaks first is heard at once, and answered on the same connection", async () => {
    accept = (socket) => {
      greet(socket);
      socket.on("data", (bytes) => socket.write(`250 ${bytes.toString()}`));
    };
    for (const caller of callers) {
      const client = connect(mesh.port, mesh.service(caller));
      let said = "";
      client.on("data", (bytes) => {
        if (said === "") client.write("EHLO me\r\n");
        said += bytes.toString();
      });
      await eventually("both lines", () => said === "220 welcome\r\n250 EHLO me\r\n");
      client.destroy();
    }
    assert.equal(taken.length, callers.length);
    await eventually("every connection counted", () => opened() === 3);
  });

  test("much that a server says before anybody asks arrives whole", async () => {
    accept = (socket) => void socket.end(Buffer.alloc(3_000_000, "x"));
    for (const caller of callers) {
      assert.equal((await talk(mesh.port, "", undefined, mesh.service(caller))).length, 3_000_000);
    }
  });

  test("a server that ends without a word ends the client's connection", async () => {
    accept = (socket) => void socket.end();
    assert.equal(await talk(mesh.port, "", undefined, mesh.service("a")), "");
    accept = (socket) => void setTimeout(() => socket.resetAndDestroy(), 5);
    assert.equal(await talk(mesh.port, "", undefined, mesh.service("a")), "<reset>");
  });

  test("a client that takes its time is still read as what it speaks, and its server sees one request", async () => {
    accept = answer;
    const client = connect(mesh.port, mesh.service("a"));
    let said = "";
    client.on("data", (bytes) => (said += bytes.toString()));
    await eventually("a connection ahead", () => taken.length === 1);
    client.write(get);
    await eventually("the answer", () => said.endsWith("ok"));
    assert.match(said, /\r\nserver: envoy\r\n/);
    await eventually("the end of the one ahead", () => taken[0]?.over === true);
    assert.equal(taken.filter(({ heard }) => heard !== "").length, 1);
    assert.equal(taken[0]?.heard, "");
    client.destroy();
  });

  test("a client that asks at once needs no connection ahead", async () => {
    accept = answer;
    const said = await talk(mesh.port, get, (got) => got.endsWith("ok"), mesh.service("a"));
    assert.match(said, /^HTTP\/1\.1 200 OK\r\n/);
    assert.equal(taken.length, 1);
  });

  test("a slow client's own words go on the connection that was opened ahead", async () => {
    accept = (socket) => void socket.on("data", (bytes) => socket.write(bytes));
    for (const caller of callers) {
      const client = connect(mesh.port, mesh.service(caller));
      let said = "";
      client.on("data", (bytes) => (said += bytes.toString()));
      await eventually("a connection ahead", () => taken.length > 0);
      client.write("*1\r\n$4\r\nPING\r\n");
      await eventually("the echo", () => said === "*1\r\n$4\r\nPING\r\n");
      assert.equal(taken.length, 1);
      client.destroy();
      await eventually("its end", () => taken[0]?.over === true);
      taken = [];
    }
  });

  test("a client that ends without a word leaves nothing behind, and its end is passed on", async () => {
    accept = () => undefined;
    const client = connect({ port: mesh.port, host: mesh.service("a"), allowHalfOpen: true });
    await eventually("a connection ahead", () => taken.length === 1);
    client.end();
    await eventually("its end", () => taken[0]?.over === true);
    client.destroy();
  });

  test("a client that breaks off without a word leaves nothing behind", async () => {
    accept = () => undefined;
    const before = opened();
    const client = connect(mesh.port, mesh.service("a"));
    await eventually("a connection ahead", () => taken.length === 1);
    client.resetAndDestroy();
    await eventually("its end", () => taken[0]?.over === true);
    assert.equal(opened(), before);
  });

  test("first words in any cuts show the same", async () => {
    accept = answer;
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for (const [text, expected] of [
      [get, /server: envoy/],
      ["PRI * HTTP/1.1\r\nHost: a\r\n\r\n", /^HTTP\/1\.1 400 Bad Request/],
      [`${preface.slice(0, 14)}GET\r\n`, /^HTTP\/1\.1 200 OK\r\ncontent-length: 2\r\n\r\nok/],
      ["GET / HTTP/1.0\r\n\r\n", /^HTTP\/1\.1 200 OK\r\ncontent-length: 2\r\n\r\nok/],
      ["get / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 200 OK\r\ncontent-length: 2\r\n\r\nok/],
    ] as const) {
      for (const cut of [text.length, 1, 5]) {
        const pieces = [text.slice(0, cut), text.slice(cut)].filter((piece) => piece !== "");
        const said = await talk(mesh.port, pieces, (got) => expected.test(got), mesh.service("a"));
        assert.match(said, expected, JSON.stringify(pieces));
      }
    }
  });
});

describe("when the time for first bytes is over", () => {
  test("a client that said half a word is carried, and only that", async () => {
    await detecting("0.05s");
    accept = (socket) => void socket.on("data", (bytes) => socket.write(bytes));
    assert.equal(await talk(mesh.port, "GE", (got) => got === "GE", mesh.service("a")), "GE");
  });

  test("nothing is guessed of a connection on which nobody has spoken", async () => {
    await detecting("0.05s");
    accept = answer;
    const client = connect(mesh.port, mesh.service("a"));
    let said = "";
    client.on("data", (bytes) => (said += bytes.toString()));
    await pause(120);
    client.write(get);
    await eventually("the answer", () => said.endsWith("ok"));
    assert.match(said, /\r\nserver: envoy\r\n/);
    client.destroy();
  });

  test("a server that speaks only then is heard", async () => {
    await detecting("0.05s");
    accept = (socket) => void setTimeout(() => greet(socket), 120);
    const said = await talk(mesh.port, "", (got) => got.endsWith("\n"), mesh.service("a"));
    assert.equal(said, "220 welcome\r\n");
  });

  test("a silent connection is closed where what is late may not go on", async () => {
    await detecting("0.05s", false);
    accept = () => undefined;
    assert.equal(await talk(mesh.port, "", undefined, mesh.service("a")), "<reset>");
    await eventually("its end", () => taken.every(({ over }) => over));
  });

  test("a silent client without a server sees a break", async () => {
    await detecting("0.05s", true, "127.0.0.1:1");
    assert.equal(await talk(mesh.port, "", undefined, mesh.service("a")), "<reset>");
  });
});
