import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { eventually, ok, TestGateway } from "../gateway-fixture.ts";
import { Conversation } from "../smuggling/conversation.ts";

const gateway = new TestGateway();
/** All the endpoint got, on any connection. */
let seen = "";
/** What the endpoint answers to the first bytes of a connection. */
let answer = ok;
before(() => {
  gateway.accept = (socket) => {
    socket.once("data", () => socket.write(answer));
    socket.on("data", (bytes) => (seen += bytes.latin1Slice()));
  };
  return gateway.start();
});
after(() => gateway.close());
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** Sends a head, waits for the answer, then sends what its body would be. Nothing of that may be read as a request. */
async function answeredEarly(lines: string, body: string): Promise<void> {
  seen = "";
  const client = new Conversation(gateway.port, () => false);
  client.write(`POST /first HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
  await client.until("an answer", () => client.answers.answers.length > 0);
  client.write(body);
  await client.untilEnd();
  client.destroy();
  assert.equal(client.answers.answers.length, 1);
  assert.match(client.got, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nconnection: close\r\n/);
  assert.match(seen, /^POST \/first /);
  assert.equal(seen.match(/ HTTP\/1\.1\r\n/g)?.length, 1);
}

describe("early answers", () => {
  beforeEach(async () => {
    for (const socket of gateway.open) socket.destroy();
    await eventually("no connection is left from before", () => gateway.open.size === 0);
  });

  describe("an answer before its request was read to the end closes the connection", () => {
    test("where a length was said", () => answeredEarly(`Content-Length: ${smuggled.length}\r\n`, smuggled));

    test("where a greater length was said", () => answeredEarly("Content-Length: 999\r\n", smuggled));

    test("where chunks were said", () => answeredEarly("Transfer-Encoding: chunked\r\n", `0\r\n\r\n${smuggled}`));

    test("where 100-continue was expected and never came", () =>
      answeredEarly(`Expect: 100-continue\r\nContent-Length: ${smuggled.length}\r\n`, smuggled));

    test("where the rest is no chunk", () => answeredEarly("Transfer-Encoding: chunked\r\n", smuggled));
  });

  test("hints are handed on before it, without what they say of their hop", async () => {
    answer = `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x-b\r\nX-B: c\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}`;
    const client = new Conversation(gateway.port, () => false);
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until("the answer", () => client.got.endsWith("ok"));
    client.destroy();
    assert.match(
      client.got,
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
    answer = ok;
  });

  test("the endpoint's connection is not used again while its request was not sent to the end", async () => {
    await answeredEarly("Content-Length: 999\r\n", "");
    await eventually("the connection is closed", () => gateway.open.size === 0);
  });

  test("100 does not end an expectation's request, and what follows its body is a request of its own", async () => {
    seen = "";
    answer = "HTTP/1.1 100 Continue\r\n\r\n";
    const client = new Conversation(gateway.port, () => false);
    client.write("POST /first HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    await client.until("the interim answer", () => client.got === "HTTP/1.1 100 Continue\r\n\r\n");
    for (const socket of gateway.open) socket.on("data", () => socket.write(ok));
    client.write(`abc${smuggled.replace("smuggled", "second")}`);
    await client.until("both answers", () => client.answers.answers.length === 2);
    client.destroy();
    assert.match(seen, /\r\n\r\nabcGET \/second HTTP\/1\.1\r\n/);
    answer = ok;
  });

  describe("bytes behind a request to upgrade", () => {
    const upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    test("wait for 101, then flow as they are", async () => {
      seen = "";
      answer = "";
      const client = new Conversation(gateway.port, () => false);
      client.write(upgrade + smuggled);
      await eventually("the endpoint was asked", () => seen.includes("/chat"));
      assert.doesNotMatch(seen, /smuggled/);
      for (const socket of gateway.open) {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
      }
      await eventually("they came", () => seen.endsWith(`\r\n\r\n${smuggled}`));
      client.destroy();
      answer = ok;
    });

    test("are a request of its own where there is no 101", async () => {
      seen = "";
      const client = new Conversation(gateway.port, () => false);
      client.write(upgrade);
      await client.until("an answer", () => client.answers.answers.length === 1);
      for (const socket of gateway.open) socket.on("data", () => socket.write(ok));
      client.write(smuggled.replace("smuggled", "second"));
      await client.until("both answers", () => client.answers.answers.length === 2);
      client.destroy();
      assert.match(seen, /\r\n\r\nGET \/second HTTP\/1\.1\r\n/);
    });
  });
});
