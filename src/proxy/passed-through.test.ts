import assert from "node:assert/strict";
import type { Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { filterTypes, type Listener, type TcpProxy } from "../xds/index.ts";
import { cluster, listen, nodeOf, portOf, resources, talk, TestProxy } from "./fixture.ts";
import { TestAuthority } from "./tls/fixture.ts";

const node = nodeOf("gateway");
const proxy = new TestProxy();
/** Each says its name and then what it hears. */
const origins: Server[] = [];
const ports = new Map<string, number>();
let port = 0;

function toOrigin(name: string, match: NonNullable<Listener["filter_chains"][number]["filter_chain_match"]>) {
  const typed_config: TcpProxy = { "@type": filterTypes.tcpProxy, stat_prefix: name, cluster: name };
  return { filter_chain_match: match, filters: [{ name: "tcp", typed_config }] };
}

async function serve(chains: Listener["filter_chains"], otherwise?: Listener["filter_chains"][number]): Promise<void> {
  const listener: Listener = {
    name: "tls",
    address: { socket_address: { address: "0.0.0.0", port_value: 443 } },
    listener_filters: [{ name: "tls", typed_config: { "@type": filterTypes.tlsInspector } }],
    filter_chains: chains,
    ...(otherwise && { default_filter_chain: otherwise }),
  };
  const clusters = [...ports].map(([name, at]) => cluster(name, [`127.0.0.1:${at}`]));
  await proxy.configure({ [node.id]: resources({ listeners: [listener], clusters }) });
}

before(async () => {
  for (const name of ["exact", "wild", "deeper", "plain"]) {
    const origin = await listen((socket) => {
      socket.on("error", () => undefined);
      socket.write(`${name}:`);
      socket.pipe(socket);
    });
    origins.push(origin);
    ports.set(name, portOf(origin));
  }
  proxy.host([{ node }]);
  port = await proxy.gateway(node.id, 443);
});
after(async () => {
  await proxy.close();
  for (const origin of origins) origin.close();
});

/** Bytes with their length before them, in so many bytes. */
function sized(size: number, body: Buffer): Buffer {
  const length = Buffer.alloc(size);
  length.writeUIntBE(body.length, 0, size);
  return Buffer.concat([length, body]);
}

/** A ClientHello that asks for this name (undefined: for none) and has so many bytes of key shares, in records of `record` bytes. */
function clientHello(name: string | undefined, keys = 0, record = 16_384): string {
  const asked = sized(2, Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(name ?? ""))]));
  const shares = Buffer.concat([Buffer.from([0, 51]), sized(2, Buffer.alloc(keys, 7))]);
  const extensions = Buffer.concat([
    ...(keys > 0 ? [shares] : []),
    ...(name === undefined ? [] : [Buffer.from([0, 0]), sized(2, asked)]),
  ]);
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32),
    Buffer.from([0, 0, 2, 0x13, 1, 1, 0]),
    sized(2, extensions),
  ]);
  const message = Buffer.concat([Buffer.from([1]), sized(3, body)]);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += record) {
    records.push(Buffer.from([0x16, 3, 1]), sized(2, message.subarray(at, at + record)));
  }
  return Buffer.concat(records).toString("latin1");
}

/** Who answers, with every byte as it was sent; `<reset>` where nobody does. */
async function answers(text: string, pieces: readonly string[] = [text]): Promise<string> {
  const answer = await talk(port, pieces, (got) => got.endsWith(text) && got.includes(":"));
  if (answer.endsWith("<reset>")) return "<reset>";
  const at = answer.indexOf(":");
  assert.ok(answer.slice(at + 1) === text, "other bytes than were sent");
  return answer.slice(0, at);
}

const cut = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));

describe("TLS passes through by the name it asks for", () => {
  before(() =>
    serve([
      toOrigin("wild", { server_names: ["*.example"] }),
      toOrigin("exact", { server_names: ["shop.example", "other.test"] }),
      toOrigin("deeper", { server_names: ["*.deep.example"] }),
    ]),
  );

  for (const [name, who] of [
    ["shop.example", "exact"],
    ["SHOP.Example", "exact"],
    ["other.test", "exact"],
    ["two.example", "wild"],
    ["a.b.example", "wild"],
    ["deep.example", "wild"],
    ["a.deep.example", "deeper"],
    ["b.a.deep.example", "deeper"],
    ["example", "<reset>"],
    ["anexample", "<reset>"],
    ["shop.example.test", "<reset>"],
    ["elsewhere.test", "<reset>"],
    ["*.example", "<reset>"],
    ["", "<reset>"],
    [undefined, "<reset>"],
  ] as const) {
    test(`${name === undefined ? "no name" : JSON.stringify(name)}: ${who}`, async () => {
      assert.equal(await answers(clientHello(name)), who);
    });
  }

  test("however its first message is cut, into segments or records", async () => {
    const whole = clientHello("shop.example");
    for (const size of [1, 7, 50]) assert.equal(await answers(whole, cut(whole, size)), "exact");
    for (const record of [1, 5, 60]) assert.equal(await answers(clientHello("shop.example", 0, record)), "exact");
    const both = clientHello("two.example", 0, 3);
    assert.equal(await answers(both, cut(both, 4)), "wild");
  });

  test("however large its keys are, up to 64 KB", async () => {
    for (const keys of [1_600, 17_000, 60_000]) {
      const hello = clientHello("shop.example", keys);
      assert.equal(await answers(hello), "exact");
      assert.equal(await answers(hello, cut(hello, 9_000)), "exact");
    }
    assert.equal(await answers(clientHello("shop.example", 65_450)), "<reset>");
  });

  test("to its end, whatever follows the first message", async () => {
    const text = clientHello("shop.example") + "\x14\x03\x03\0\x01\x01" + "x".repeat(300_000);
    assert.equal(await answers(text), "exact");
  });

  test("with everything a TLS client and a server need of each other", async () => {
    const authority = new TestAuthority();
    const { certificate: cert, key } = authority.leaf("shop", "DNS:shop.example");
    const server = createServer({ cert, key }, (socket) => void socket.on("error", () => undefined).pipe(socket));
    try {
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      ports.set("sealed", portOf(server));
      await serve([toOrigin("sealed", { server_names: ["shop.example"] })]);
      const client: TLSSocket = connect({
        port,
        host: "127.0.0.1",
        servername: "shop.example",
        ca: authority.root.certificate,
      });
      let answer = "";
      client.on("data", (bytes) => (answer += bytes.toString()));
      client.end("sealed");
      await new Promise<void>((resolve, reject) => client.on("end", resolve).on("error", reject));
      assert.equal(answer, "sealed");
      assert.ok(client.authorized);
    } finally {
      server.close();
      authority.remove();
    }
  });
});

describe("on a port of TLS by name", () => {
  test("what is no TLS, or only begins like it, goes where everything else goes", async () => {
    await serve([toOrigin("exact", { server_names: ["shop.example"] })], toOrigin("plain", {}));
    for (const text of [
      "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n",
      "SSH-2.0-OpenSSH_9.9\r\n",
      "\x16\x02\x01\0\x05hello",
      "\x16\x03\x01\0\0",
      "\x16\x03\x01\0\x04\x02\0\0\0",
      "\x17\x03\x03\0\x01x",
      clientHello("elsewhere.test"),
      clientHello(undefined),
    ]) {
      assert.equal(await answers(text), "plain", JSON.stringify(text.slice(0, 20)));
    }
    assert.equal(await answers(clientHello("shop.example")), "exact");
  });

  test("plain bytes never meet a chain that is for TLS alone, nor TLS one for plain bytes", async () => {
    await serve([
      toOrigin("wild", { transport_protocol: "tls" }),
      toOrigin("plain", { transport_protocol: "raw_buffer" }),
    ]);
    assert.equal(await answers("GET / HTTP/1.1\r\n\r\n"), "plain");
    assert.equal(await answers(clientHello(undefined)), "wild");
  });

  test("where nothing is for plain bytes they are refused", async () => {
    await serve([toOrigin("exact", { transport_protocol: "tls" })]);
    assert.equal(await answers("GET / HTTP/1.1\r\n\r\n"), "<reset>");
    assert.equal(await answers(clientHello(undefined)), "exact");
    assert.equal(await answers(clientHello("a.test")), "exact");
  });
});
