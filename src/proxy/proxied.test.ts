import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { printProxyHeader } from "../wire/index.ts";
import {
  filterTypes,
  transportSocketTypes,
  type Cluster,
  type FilterChain,
  type Listener,
  type ProxyProtocol,
  type ProxyProtocolUpstreamTransport,
  type TypedFilter,
} from "../xds/index.ts";
import { cluster, httpListener, resources, talk, tcpListener, toCluster } from "./fixture.ts";
import { eventually, get, ok, TestGateway } from "./gateway-fixture.ts";
import { TestMesh } from "./mesh-fixture.ts";

const ends = {
  source: { address: "192.0.2.7", port: 50_001 },
  destination: { address: "198.51.100.1", port: 7443 },
};
const line = printProxyHeader(1, ends).toString("latin1");
const binary = printProxyHeader(2, ends).toString("latin1");
const six = printProxyHeader(2, {
  source: { address: "2001:db8::7", port: 50_001 },
  destination: { address: "2001:db8::1", port: 7443 },
}).toString("latin1");
const local = printProxyHeader(2, undefined).toString("latin1");

function proxied(listener: Listener, rules: Partial<ProxyProtocol> = {}, more: Partial<Listener> = {}): Listener {
  const filter = { name: "header", typed_config: { "@type": filterTypes.proxyProtocol, ...rules } };
  return { ...listener, ...more, listener_filters: [filter, ...(more.listener_filters ?? [])] };
}

const gateway = new TestGateway();
before(() => gateway.start());
after(() => gateway.close());
const serve = (...listeners: Listener[]) =>
  gateway.proxy.configure({
    [gateway.node.id]: resources({ listeners, clusters: [cluster("origin", [gateway.origin])] }),
  });
const echo = () => void (gateway.accept = (socket) => void socket.pipe(socket));

describe("a connection that begins with a PROXY header", () => {
  const edge = httpListener(80, [toCluster("origin")], { use_remote_address: true });
  /** What the origin is told of the client. */
  const forwardedFor = async (text: string | readonly string[]) => {
    gateway.accept = (socket) =>
      void socket.on("data", (bytes) => {
        const body = /^x-forwarded-for: (.*)\r$/im.exec(bytes.toString())?.[1] ?? "nobody";
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`);
      });
    const answer = await talk(gateway.port, text, (got) => /\r\n\r\n./.test(got));
    return answer.split("\r\n\r\n")[1] ?? answer;
  };

  test("comes from the client it names, in either version", async () => {
    await serve(proxied(edge));
    assert.equal(await forwardedFor(line + get), "192.0.2.7");
    assert.equal(await forwardedFor(binary + get), "192.0.2.7");
    assert.equal(await forwardedFor(six + get), "2001:db8::7");
  });

  test("comes from its sender where it names nobody", async () => {
    for (const header of [local, "PROXY UNKNOWN\r\n"]) assert.equal(await forwardedFor(header + get), "127.0.0.1");
  });

  test("may come in any cuts", async () => {
    for (const header of [line, binary]) {
      for (let at = 1; at < header.length; at += 7) {
        assert.equal(await forwardedFor([header.slice(0, at), header.slice(at) + get]), "192.0.2.7");
      }
      assert.equal(await forwardedFor((header + get).split("")), "192.0.2.7");
    }
  });

  test("is looked at for its protocol behind the header", async () => {
    const inspector = { name: "http", typed_config: { "@type": filterTypes.httpInspector } };
    const [requests] = edge.filter_chains;
    const [bytes] = tcpListener(80, "origin").filter_chains;
    assert.ok(requests && bytes);
    const chains: FilterChain[] = [{ ...requests, filter_chain_match: { application_protocols: ["http/1.1"] } }, bytes];
    await serve(proxied({ ...edge, filter_chains: chains }, {}, { listener_filters: [inspector] }));
    assert.equal(await forwardedFor(binary + get), "192.0.2.7");
    echo();
    assert.equal(await talk(gateway.port, `${line}PING\r\n`, (got) => got.endsWith("\n")), "PING\r\n");
  });

  test("meets the chain its ends ask for", async () => {
    const [one] = tcpListener(80, "origin").filter_chains;
    assert.ok(one);
    const chain = (match: FilterChain["filter_chain_match"] = {}) => ({ ...one, filter_chain_match: match });
    const range = (address_prefix: string) => ({ source_prefix_ranges: [{ address_prefix, prefix_len: 24 }] });
    echo();
    for (const [match, answer] of [
      [range("192.0.2.0"), "x"],
      [range("127.0.0.0"), "<reset>"],
      [{ destination_port: 7443 }, "x"],
      [{ destination_port: 80 }, "<reset>"],
      [{ prefix_ranges: [{ address_prefix: "198.51.100.1", prefix_len: 32 }] }, "x"],
    ] as const) {
      await serve(proxied({ ...tcpListener(80, "origin"), filter_chains: [chain(match)] }));
      assert.equal(await talk(gateway.port, `${line}x`, (got) => got === "x"), answer, JSON.stringify(match));
    }
  });
});

describe("where a PROXY header must stand", () => {
  const tcp = tcpListener(80, "origin");
  const broken = "<reset>";
  const said = (text: string) => talk(gateway.port, text, (got) => got === "hello");

  test("a connection without one, or with a bad one, is broken and nothing of it is carried", async () => {
    await serve(proxied(tcp));
    echo();
    const before = gateway.connections;
    for (const text of [
      get,
      "hello",
      "\x16\x03\x01",
      "PROXY TCP4 here there 1 2\r\nhello",
      line.replace("50001", "99999"),
    ]) {
      assert.equal(await said(text), broken, text);
    }
    assert.equal(await said(binary.replace("\x21\x11", "\x22\x11") + "hello"), broken);
    assert.equal(await said(`PROXY ${"x".repeat(200)}`), broken);
    assert.equal(gateway.connections, before);
    assert.equal(await said(`${line}hello`), "hello");
  });

  test("one that ends before it is whole is broken", async () => {
    const client = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    client.end(line.slice(0, 10));
    const [error] = await new Promise<unknown[]>((resolve) => client.on("error", (...args) => resolve(args)).resume());
    assert.match(String(error), /ECONNRESET/);
  });

  test("silence and half a header are cut when the time for it is over, whatever else may go on then", async () => {
    for (const continue_on_listener_filters_timeout of [false, true]) {
      await serve(proxied(tcp, {}, { listener_filters_timeout: "0.03s", continue_on_listener_filters_timeout }));
      assert.equal(await said(""), broken);
      assert.equal(await said(line.slice(0, -2)), broken);
      assert.equal(await said(binary.slice(0, -2)), broken);
    }
  });

  test("a version that is not allowed is refused", async () => {
    await serve(proxied(tcp, { disallowed_versions: ["V1"] }));
    assert.equal(await said(`${line}hello`), broken);
    assert.equal(await said(`${binary}hello`), "hello");
    await serve(proxied(tcp, { disallowed_versions: ["V2"] }));
    assert.equal(await said(`${line}hello`), "hello");
    assert.equal(await said(`${binary}hello`), broken);
  });
});

describe("where a PROXY header may stand", () => {
  const optional = { allow_requests_without_proxy_protocol: true };
  const tcp = tcpListener(80, "origin");
  const said = (text: string) => talk(gateway.port, text, (got) => got.endsWith("hello"));
  before(async () => {
    await serve(proxied(tcp, optional));
    echo();
  });

  test("a connection without one is taken as it is", async () => {
    for (const text of ["hello", "PRI hello", "\r\nhello", "P, hello", "\r\n\r\n\0hello"]) {
      assert.equal(await said(text), text);
    }
  });

  test("a good one is read and a bad one breaks the connection", async () => {
    assert.equal(await said(`${line}hello`), "hello");
    assert.equal(await said(`${binary}hello`), "hello");
    assert.equal(await said("PROXY TCP4 here there 1 2\r\nhello"), "<reset>");
  });

  test("one of a version that is not allowed is carried like anything else", async () => {
    await serve(proxied(tcp, { ...optional, disallowed_versions: ["V1"] }));
    assert.equal(await said(`${line}hello`), `${line}hello`);
    assert.equal(await said(`${binary}hello`), "hello");
  });

  test("silence goes on when the time for it is over, if what is late may", async () => {
    gateway.accept = (socket) => void socket.end("hello");
    const time = { listener_filters_timeout: "0.03s" };
    await serve(proxied(tcp, optional, time));
    assert.equal(await said(""), "<reset>");
    await serve(proxied(tcp, optional, { ...time, continue_on_listener_filters_timeout: true }));
    assert.equal(await said(""), "hello");
  });
});

function headerSocket(version: "V1" | "V2"): TypedFilter {
  const typed_config: ProxyProtocolUpstreamTransport = {
    "@type": transportSocketTypes.proxyProtocol,
    config: { version },
    transport_socket: { name: "raw", typed_config: { "@type": transportSocketTypes.rawBuffer } },
  };
  return { name: "header", typed_config };
}

describe("a cluster whose connections begin with a PROXY header", () => {
  const sending = (version: "V1" | "V2", more: Partial<Cluster> = {}): Cluster =>
    cluster("origin", [gateway.origin], { transport_socket: headerSocket(version), ...more });
  const send = (listener: Listener, of: Cluster) =>
    gateway.proxy.configure({ [gateway.node.id]: resources({ listeners: [listener], clusters: [of] }) });
  /** What the origin heard, a text for each connection. */
  let heard: string[] = [];
  const hear = (answer: (text: string, socket: Socket) => void) => {
    heard = [];
    gateway.accept = (socket) => {
      const index = heard.push("") - 1;
      socket.on("data", (bytes: Buffer) => {
        heard[index] += bytes.toString("latin1");
        answer(heard[index] ?? "", socket);
      });
    };
  };
  /** From which port a client that said this came. */
  async function from(text: string, enough: (got: string) => boolean): Promise<number> {
    const client = connect(gateway.port, "127.0.0.1");
    await new Promise((resolve) => client.once("connect", resolve));
    const { localPort = 0 } = client;
    let got = "";
    client.on("data", (bytes) => (got += bytes.toString("latin1")));
    client.write(text, "latin1");
    await eventually("the answer", () => enough(got));
    client.destroy();
    return localPort;
  }
  const headerOf = (version: 1 | 2, port: number, to: number) =>
    printProxyHeader(version, {
      source: { address: "127.0.0.1", port },
      destination: { address: "127.0.0.1", port: to },
    }).toString("latin1");

  for (const [version, number] of [
    ["V1", 1],
    ["V2", 2],
  ] as const) {
    test(`carries bytes behind a header of ${version} that names the client`, async () => {
      await send(tcpListener(80, "origin"), sending(version));
      hear((text, socket) => text.endsWith("hello") && socket.write("done"));
      const port = await from("hello", (got) => got === "done");
      assert.deepEqual(heard, [`${headerOf(number, port, 80)}hello`]);
    });

    test(`asks each client's requests on connections of their own behind a header of ${version}`, async () => {
      await send(httpListener(80, [toCluster("origin")]), sending(version));
      hear((text, socket) => text.endsWith("\r\n\r\n") && socket.write(ok));
      const one = await from(get, (got) => got.endsWith("ok"));
      const other = await from(get + get, (got) => got.split("ok").length === 3);
      const headers = heard.map((text) => text.slice(0, text.indexOf("GET ")));
      assert.deepEqual(
        headers,
        [one, other, other].map((port) => headerOf(number, port, 80)),
      );
      assert.ok(heard.every((text) => text.split("GET ").length === 2));
    });
  }

  test("is told of the client that a PROXY header named to us", async () => {
    await send(proxied(tcpListener(80, "origin")), sending("V1"));
    hear((text, socket) => text.endsWith("hello") && socket.write("done"));
    await from(`${binary}hello`, (got) => got === "done");
    assert.deepEqual(heard, [`${line}hello`]);
    await from(`${six}hello`, (got) => got === "done");
    assert.deepEqual(heard[1], "PROXY TCP6 2001:db8::7 2001:db8::1 50001 7443\r\nhello");
  });

  test("keeps to its limit of connections", async () => {
    const none = { circuit_breakers: { thresholds: [{ max_connections: 0 }] } };
    await send(httpListener(80, [toCluster("origin")]), sending("V1", none));
    hear(() => undefined);
    assert.match(await talk(gateway.port, get, (got) => got.includes("\r\n\r\n")), /^HTTP\/1\.1 503 /);
    assert.deepEqual(heard, []);
  });

  test("names the client to a server that speaks first", async () => {
    const inspector = { name: "http", typed_config: { "@type": filterTypes.httpInspector } };
    const [requests] = httpListener(80, [toCluster("origin")]).filter_chains;
    const [bytes] = tcpListener(80, "origin").filter_chains;
    assert.ok(requests && bytes);
    const chains = [{ ...requests, filter_chain_match: { application_protocols: ["http/1.1"] } }, bytes];
    const detecting = { filter_chains: chains, listener_filters: [inspector] };
    await send({ ...tcpListener(80, "origin"), ...detecting }, sending("V1"));
    hear((text, socket) => text.endsWith("\r\n") && socket.write("220 welcome"));
    const port = await from("", (got) => got === "220 welcome");
    assert.deepEqual(heard, [headerOf(1, port, 80)]);
  });
});

test("a callee of the same process gets the header its caller's rules ask for, as over a wire", async () => {
  const mesh = new TestMesh();
  let heard = "";
  await mesh.start((socket) =>
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      if (heard.endsWith("hello")) socket.end("done");
    }),
  );
  try {
    for (const layer of ["tcp", "detected"] as const) {
      heard = "";
      const sets = mesh.sets("tcp", layer);
      const { id } = mesh.node("a");
      const { cluster: clusters = [] } = sets[id] ?? {};
      const headed = (each: Cluster): Cluster =>
        each.name.startsWith("outbound|") ? { ...each, transport_socket: headerSocket("V1") } : each;
      sets[id] = { ...sets[id], cluster: new Map([...clusters].map(([name, each]) => [name, headed(each)])) };
      await mesh.proxy.configure(sets);
      assert.equal(await talk(mesh.port, "hello", undefined, mesh.service("a")), "done");
      assert.match(heard, new RegExp(`^PROXY TCP4 127\\.\\S+ 10\\.96\\.0\\.11 \\d+ ${mesh.port}\\r\\nhello$`));
    }
  } finally {
    await mesh.close();
  }
});
