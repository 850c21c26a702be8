import assert from "node:assert/strict";
import { connect, type Server, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Listener, Route } from "../xds/index.ts";
import { cluster, httpListener, listen, nodeOf, portOf, resources, talk, TestProxy, toCluster } from "./fixture.ts";

const node = nodeOf("gateway");
let proxy: TestProxy;
let port = 0;
let origin: Server;
/** What the origin saw, and how it answers. */
let seen = "";
let connections = 0;
type Answer = (socket: Socket, request: string) => void;
const plain: Answer = (socket) => void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
let answer: Answer = plain;

before(async () => {
  origin = await listen((socket) => {
    connections += 1;
    let text = "";
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      seen += bytes.toString("latin1");
      if (text.endsWith("expect: 100-continue\r\n\r\n")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      if (!isWhole(text)) return;
      const request = text;
      text = "";
      answer(socket, request);
    });
  });
  proxy = new TestProxy();
  proxy.host([{ node }]);
  port = await proxy.gateway(node.id, 80);
  await serve([toCluster("origin")]);
});
after(async () => {
  await proxy.close();
  origin.close();
});

/** A head, and a body as long as it says. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  if (/transfer-encoding: chunked/i.test(text)) return text.endsWith("0\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return text.length >= end + 4 + Number(length ?? 0);
}

async function serve(routes: readonly Route[], options: Parameters<typeof httpListener>[2] = {}): Promise<void> {
  const listeners: Listener[] = [httpListener(80, routes, options)];
  const clusters = [
    cluster("origin", [`127.0.0.1:${portOf(origin)}`]),
    cluster("nobody", ["127.0.0.1:1"]),
    cluster("empty", []),
  ];
  await proxy.configure({ [node.id]: resources({ listeners, clusters }) });
}

/** One exchange on a connection of its own. */
async function exchange(text: string | readonly string[], how: Answer = plain): Promise<string> {
  seen = "";
  answer = how;
  return talk(port, text, isWhole);
}

describe("requests", () => {
  test("reach the endpoint in one normal form, and the answer comes back", async () => {
    await serve([toCluster("origin")]);
    const got = await exchange("GET /a/./b/../c?x=1 HTTP/1.1\r\nHost: shop.example\r\nAccept: */*\r\n\r\n");
    assert.match(got, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(got, /\r\n\r\nok$/);
    assert.match(seen, /^GET \/a\/c\?x=1 HTTP\/1\.1\r\nhost: shop\.example\r\nAccept: \*\/\*\r\n/);
    assert.match(seen, /\r\nx-request-id: [0-9a-f-]{36}\r\n/);
    assert.match(seen, /\r\nx-forwarded-proto: http\r\n/);
  });

  test("bodies of a length and in chunks arrive whole, in any cuts", async () => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\n";
    await exchange([`${head}Content-Len`, "gth: 5\r\n\r\nhe", "llo"]);
    assert.match(seen, /content-length: 5\r\n\r\nhello$/);
    await exchange([`${head}Transfer-Encoding: chunked\r\n\r\n3;x=1\r\nhel\r\n`, "2\r", "\nlo\r\n0\r\n", "\r\n"]);
    assert.match(seen, /transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n$/);
  });

  test("sent ahead are answered in order", async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    answer = (socket, request) => {
      const path = request.split(" ")[1] ?? "";
      setTimeout(
        () => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${path.length}\r\n\r\n${path}`),
        path === "/1" ? 20 : 0,
      );
    };
    const got = await talk(port, one("/1") + one("/2") + one("/3"), (text) => text.endsWith("/3"));
    assert.deepEqual(
      [...got.matchAll(/\r\n\r\n(\/\d)/g)].map(([, path]) => path),
      ["/1", "/2", "/3"],
    );
  });

  test("share connections to the endpoint", async () => {
    await exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const before = connections;
    for (let count = 0; count < 5; count += 1) await exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.equal(connections, before);
  });

  test("of HTTP/1.0 are told to come back with 1.1", async () => {
    assert.match(await exchange("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 426 Upgrade Required\r\n/);
  });

  test("what a caller says of the mesh is not believed", async () => {
    await exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Envoy-Max-Retries: 9\r\nX-Forwarded-Client-Cert: By=me\r\n\r\n");
    assert.doesNotMatch(seen, /max-retries|client-cert/i);
  });

  test("at an edge carry the client's address and a new id", async () => {
    await serve([toCluster("origin")], { use_remote_address: true });
    await exchange(
      "GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n\r\n",
    );
    assert.match(seen, /x-forwarded-for: 1\.2\.3\.4,127\.0\.0\.1\r\n/i);
    assert.match(seen, /X-Forwarded-Proto: http\r\n/);
    assert.doesNotMatch(seen, /mine/);
    await serve([toCluster("origin")]);
  });

  test("expecting 100-continue get it from the endpoint", async () => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    answer = plain;
    const client = connect(port, "127.0.0.1", () => client.write(head));
    let got = "";
    for await (const bytes of client) {
      got += String(bytes);
      if (got.endsWith("Continue\r\n\r\n")) client.write("hi");
      if (got.endsWith("ok")) break;
    }
    assert.match(got, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });
});

describe("answers", () => {
  const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  test("until close become chunks", async () => {
    const got = await exchange(get, (socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
    assert.match(got, /transfer-encoding: chunked\r\n\r\n9\r\nall of it\r\n0\r\n\r\n$/);
  });

  test("without a body end at once: 204, 304, HEAD", async () => {
    for (const status of ["204 No Content", "304 Not Modified"]) {
      const got = await exchange(get, (socket) => void socket.write(`HTTP/1.1 ${status}\r\n\r\n`));
      assert.match(got, new RegExp(`^HTTP/1.1 ${status}`));
    }
    const got = await talk(port, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", (text) => text.endsWith("\r\n\r\n"));
    assert.match(got, /^HTTP\/1\.1 304/);
  });

  test("that break off look broken to the client", async () => {
    const got = await exchange(get, (socket) => void socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"));
    assert.match(got, /half<reset>$/);
  });

  test("that are no HTTP are 502", async () => {
    const got = await exchange(get, (socket) => void socket.end("SSH-2.0-OpenSSH\r\n\r\n"));
    assert.match(got, /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });

  test("under two lengths are 502", async () => {
    const got = await exchange(
      get,
      (socket) =>
        void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    );
    assert.match(got, /^HTTP\/1\.1 502/);
  });

  test("large ones keep a slow client's pace and arrive whole", async () => {
    const size = 8 * 1024 * 1024;
    const got = await exchange(get, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, "x"));
    });
    assert.equal(got.length - got.indexOf("\r\n\r\n") - 4, size);
  });

  test("a connection the endpoint closed while idle costs no request", async () => {
    const close: Answer = (socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      setTimeout(() => socket.destroy(), 1);
    };
    for (let count = 0; count < 50; count += 1) assert.match(await exchange(get, close), /^HTTP\/1\.1 200/);
  });
});

describe("routes", () => {
  const get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
  const cases: readonly [name: string, routes: readonly Route[], expected: RegExp][] = [
    ["no route is 404", [], /^HTTP\/1\.1 404 Not Found\r\n/],
    ["no such cluster is 503 without text", [toCluster("missing")], /^HTTP\/1\.1 503 [^]*content-length: 0\r\n/],
    ["no endpoint is 503", [toCluster("empty")], /^HTTP\/1\.1 503 [^]*\r\n\r\nno healthy upstream$/],
    [
      "an endpoint that cannot be reached is 503",
      [toCluster("nobody")],
      /^HTTP\/1\.1 503 [^]*remote connection failure/,
    ],
    [
      "a redirect names its place",
      [{ match: { prefix: "/" }, redirect: { path_redirect: "/y", response_code: "FOUND" } }],
      /^HTTP\/1\.1 302 Found\r\nlocation: http:\/\/a\/y\r\n/,
    ],
    [
      "a direct response has its body",
      [{ match: { prefix: "/" }, direct_response: { status: 418, body: { inline_string: "teapot" } } }],
      /^HTTP\/1\.1 418 [^]*\r\n\r\nteapot$/,
    ],
    ["a timeout is 504", [toCluster("origin", { timeout: "0.05s" })], /^HTTP\/1\.1 504 [^]*upstream request timeout$/],
  ];
  for (const [name, routes, expected] of cases) {
    test(name, async () => {
      await serve(routes);
      assert.match(await exchange(get, () => undefined), expected);
    });
  }

  test("rewrites tell the original path", async () => {
    await serve([{ match: { prefix: "/x" }, route: { cluster: "origin", prefix_rewrite: "/y", timeout: "0s" } }]);
    await exchange(get);
    assert.match(seen, /^GET \/y HTTP/);
    assert.match(seen, /x-envoy-original-path: \/x\r\n/);
  });

  test("retries go to the endpoint again, with the body, as often as they may", async () => {
    await serve([toCluster("origin", { retry_policy: { retry_on: "5xx", num_retries: 2 } })]);
    let tries = 0;
    const got = await exchange("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", (socket) => {
      tries += 1;
      socket.write(`HTTP/1.1 ${tries < 3 ? 503 : 200} x\r\ncontent-length: 0\r\n\r\n`);
    });
    assert.equal(tries, 3);
    assert.match(got, /^HTTP\/1\.1 200/);
    assert.equal([...seen.matchAll(/\r\n\r\nabc/g)].length, 3);
  });

  test("mirrors get a copy whose answer nobody sees", async () => {
    await serve([{ match: { prefix: "/" }, direct_response: { status: 500 } }]);
    await serve([toCluster("origin", { request_mirror_policies: [{ cluster: "origin" }] })]);
    seen = "";
    const got = await exchange("POST /m HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    assert.match(got, /^HTTP\/1\.1 200/);
    while (seen.split("POST /m").length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.match(seen, /x-forwarded-for: 127\.0\.0\.1\r\n/);
  });

  test("upgrades become tunnels that carry bytes both ways", async () => {
    await serve([toCluster("origin")]);
    answer = (socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello");
      socket.removeAllListeners("data");
      socket.on("data", (bytes: Buffer) => void socket.write(bytes));
    };
    const upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const got = await talk(port, [upgrade, "ping"], (text) => text.endsWith("ping"));
    assert.match(got, /^HTTP\/1\.1 101 [^]*connection: Upgrade\r\nupgrade: websocket\r\n\r\nhelloping$/);
    assert.match(await exchange(upgrade.replace("websocket", "other")), /^HTTP\/1\.1 403/);
  });
});
