import assert from "node:assert/strict";
import { connect, type Server } from "node:net";
import { after, before, describe, test } from "node:test";
import { cluster, httpListener, listen, nodeOf, portOf, resources, TestProxy, toCluster } from "./fixture.ts";

const node = nodeOf("gateway");
const proxy = new TestProxy();
let port = 0;
let origin: Server;
/** Everything the origin got, on any connection. */
let seen = "";

before(async () => {
  // It answers only the harmless request that follows each attempt, and what the attempt should have become.
  origin = await listen((socket) => {
    let text = "";
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("data", (bytes) => {
      seen += bytes.toString("latin1");
      text += bytes.toString("latin1");
      for (let end = ends(text); end !== -1; end = ends(text)) {
        text = text.slice(end);
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      }
    });
  });
  proxy.host([{ node }]);
  port = await proxy.gateway(node.id, 80);
  const listeners = [httpListener(80, [toCluster("origin")])];
  await proxy.configure({
    [node.id]: resources({ listeners, clusters: [cluster("origin", [`127.0.0.1:${portOf(origin)}`])] }),
  });
});
after(async () => {
  await proxy.close();
  origin.close();
});

/** Where the first request of `text` ends, as a plain server has it; -1: not yet. */
function ends(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head === -1) return -1;
  const fields = text.slice(0, head).toLowerCase();
  if (fields.includes("transfer-encoding: chunked")) {
    const last = text.indexOf("0\r\n\r\n", head + 4);
    return last === -1 ? -1 : last + 5;
  }
  const end = head + 4 + Number(/content-length: (\d+)/.exec(fields)?.[1] ?? 0);
  return text.length < end ? -1 : end;
}

const follower = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** Sends an attempt with a request behind it; what the client got until the proxy closed, or was quiet for a while. */
function send(attempt: string): Promise<string> {
  seen = "";
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(attempt + follower, "latin1"));
    let quiet: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(quiet);
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      clearTimeout(quiet);
      quiet = setTimeout(() => ((answer += "<open>"), finish()), 30);
    });
    socket.on("end", () => ((answer += "<end>"), finish()));
    socket.on("error", (error) => ("code" in error && error.code === "ECONNRESET" ? finish() : reject(error)));
    socket.setTimeout(3000, () => socket.destroy(new Error(`nothing more after ${JSON.stringify(answer)}`)));
  });
}

const head = "POST /first HTTP/1.1\r\nHost: a\r\n";

describe("refused, closed, nothing behind it read:", () => {
  const refused: readonly (readonly [what: string, attempt: string, status: number])[] = [
    ["CL and TE", `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ["TE and CL", `${head}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`, 400],
    ["two CL", `${head}Content-Length: 0\r\nContent-Length: 35\r\n\r\n`, 400],
    ["CL in a list", `${head}Content-Length: 0, 35\r\n\r\n`, 400],
    ["CL with a sign", `${head}Content-Length: +0\r\n\r\n`, 400],
    ["CL in hexadecimal", `${head}Content-Length: 0x23\r\n\r\n`, 400],
    ["a huge CL", `${head}Content-Length: 99999999999999999999\r\n\r\n`, 400],
    ["two TE", `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`, 501],
    ["TE twice chunked", `${head}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 501],
    ["TE xchunked", `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
    ["TE identity", `${head}Transfer-Encoding: identity\r\nContent-Length: 35\r\n\r\n`, 501],
    ["TE behind a vertical tab", `${head}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`, 400],
    ["TE with a space before its colon", `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, 400],
    ["TE folded", `${head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`, 400],
    ["TE behind a bare LF", `${head}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ["TE behind a bare CR", `${head}X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ["a head that ends in LF LF", "GET /first HTTP/1.1\nHost: a\n\n", 400],
    ["NUL", `${head}X: \0\r\n\r\n`, 400],
    ["an empty name", `${head}: y\r\n\r\n`, 400],
    ["two Hosts", `${head}Host: b\r\n\r\n`, 400],
    ["no Host", "GET /first HTTP/1.1\r\n\r\n", 400],
    ["a Host with userinfo", "GET /first HTTP/1.1\r\nHost: a@b\r\n\r\n", 400],
    ["a path out of the root", "GET /%2e%2e/first HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a broken escape", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["authority-form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a fragment", "GET /first#x HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["HTTP/0.9", "GET /first\r\n\r\n", 400],
    ["HTTP/1.2", "GET /first HTTP/1.2\r\nHost: a\r\n\r\n", 505],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["a target too long", `GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ["a head too large", `${head}X: ${"a".repeat(70_000)}\r\n\r\n`, 431],
    ["too many fields", `${head}${"X: y\r\n".repeat(101)}\r\n`, 431],
  ];
  for (const [what, attempt, status] of refused) {
    test(what, async () => {
      const answer = await send(attempt);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(answer, /\r\nconnection: close\r\n/);
      assert.match(answer, /<end>$/);
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1, "one answer");
      assert.equal(seen, "", "nothing reaches the endpoint");
    });
  }
});

describe("broken inside its body, nothing behind it read:", () => {
  const broken: readonly (readonly [what: string, body: string])[] = [
    ["a chunk size that is none", "g\r\n"],
    ["a chunk size with 0x", "0x3\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size with a space", "3 \r\nabc\r\n0\r\n\r\n"],
    ["a chunk size past 2^64", "10000000000000003\r\nabc\r\n0\r\n\r\n"],
    ["a chunk line that ends in LF", "3\nabc\r\n0\r\n\r\n"],
    ["a chunk extension with a bare LF", "3;\nabc\r\n0\r\n\r\n"],
    ["a chunk extension too long", `3;${"a".repeat(2000)}\r\nabc\r\n0\r\n\r\n`],
    ["a chunk longer than it says", "3\r\nabcd\r\n0\r\n\r\n"],
    ["a last chunk that ends in LF", "3\r\nabc\r\n0\r\n\n"],
    ["trailers too large", `0\r\n${"X: y\r\n".repeat(2000)}\r\n`],
  ];
  for (const [what, body] of broken) {
    test(what, async () => {
      await send(`${head}Transfer-Encoding: chunked\r\n\r\n${body}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.doesNotMatch(seen, /smuggled/);
      assert.doesNotMatch(seen, /0\r\n\r\n$/, "the endpoint must not see a whole body");
    });
  }
});

describe("forwarded as one request, in our words:", () => {
  const forwarded: readonly (readonly [what: string, attempt: string, first: RegExp])[] = [
    ["equal lengths", `${head}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`, /\r\ncontent-length: 3\r\n\r\nabc$/],
    ["a length in a list", `${head}Content-Length: 3, 3\r\n\r\nabc`, /\r\ncontent-length: 3\r\n\r\nabc$/],
    [
      "chunks with extensions, odd sizes and trailers",
      `${head}Transfer-Encoding: CHUNKED\r\n\r\n03;a="b"\r\nabc\r\n000\r\nContent-Length: 9\r\nHost: b\r\n\r\n`,
      /\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/,
    ],
    ["one empty line before it", `\r\n${head}Content-Length: 0\r\n\r\n`, /^POST \/first HTTP\/1\.1\r\n/],
    ["absolute-form", "GET http://b/first HTTP/1.1\r\nHost: a\r\n\r\n", /^GET \/first HTTP\/1\.1\r\nhost: b\r\n/],
    ["dots and escapes", "GET /x/%2e%2e/%66irst HTTP/1.1\r\nHost: a\r\n\r\n", /^GET \/first HTTP\/1\.1\r\n/],
    ["* of OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", /^OPTIONS \* HTTP\/1\.1\r\n/],
    [
      "a GET that hides one behind Connection",
      `${head}Connection: content-length\r\nContent-Length: 3\r\n\r\nabc`,
      /\r\ncontent-length: 3\r\n[^]*abc$/,
    ],
    [
      "an upgrade nobody may make of a body",
      `${head}Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc`,
      /^(?![^]*upgrade)[^]*\r\ncontent-length: 3\r\n\r\nabc$/i,
    ],
    [
      "an offer of h2c",
      "GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
      /^(?![^]*upgrade)(?![^]*settings)GET \/first/i,
    ],
  ];
  for (const [what, attempt, first] of forwarded) {
    test(what, async () => {
      const answer = await send(attempt);
      assert.equal(answer.match(/HTTP\/1\.1 200 OK/g)?.length, 2, "an answer to it, and one to what follows");
      const second = seen.indexOf("GET /smuggled HTTP/1.1");
      assert.match(seen.slice(0, second), first);
      assert.equal(seen.match(/ HTTP\/1\.1\r\n/g)?.length, 2);
    });
  }

  test("a connection that closes takes nothing more", async () => {
    const answer = await send("GET /first HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.match(answer, /\r\nconnection: close\r\n[^]*ok<end>$/);
    assert.doesNotMatch(seen, /smuggled/);
  });
});
