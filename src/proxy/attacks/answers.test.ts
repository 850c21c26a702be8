import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { http2Options } from "../codec-fixture.ts";
import { Conversation } from "../smuggling/conversation.ts";
import { Lanes, type Lane } from "../smuggling/lanes.ts";
import { greeting, headers, request } from "./frames.ts";
import { RawEndpoint } from "./raw-endpoint.ts";
import { RawPeer } from "./raw-peer.ts";
import { answerRows, type AnswerRow } from "./rows/answers.ts";

const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

/** A client of HTTP/1.1 sends two requests at once. Whatever the first one's answer is like, it must not be taken for the second one's. */
async function byHttp1(row: AnswerRow, port: number): Promise<void> {
  const client = new Conversation(port, (index) => index === 0 && row.method === "HEAD");
  try {
    client.write(`${row.method} /odd HTTP/1.1\r\nHost: a\r\n\r\n${next}`);
    await client.until("both answers", () => client.answers.answers.length >= 2 || client.ended !== "open");
    const { answers, rest } = client.answers;
    const [first, second] = answers;
    if (!row.body.includes("evil")) assert.doesNotMatch(client.got, /evil/);
    if (row.comes === "cut") assert.equal(first, undefined, "no answer may look whole");
    else if (row.comes !== "late") assert.equal(first?.status, row.comes);
    if (row.comes === "cut" || (row.comes === "late" && !second)) return assert.notEqual(client.ended, "open");
    if (first && first.status < 500) assert.equal(first.body, row.body);
    assert.equal(second?.body, "/next");
    assert.equal(rest, "");
  } finally {
    client.destroy();
  }
}

async function byHttp2(row: AnswerRow, port: number): Promise<void> {
  const client = new RawPeer(connect(port, "127.0.0.1"));
  try {
    client.send(greeting, headers(1, request(row.method, "/odd")), headers(3, request("GET", "/next")));
    const over = (id: number) => client.stream(id).ended || client.reset(id);
    await client.until("both answers", () => over(1) && over(3));
    if (row.comes === "cut") assert.ok(client.reset(1) && !client.stream(1).ended, "it breaks off");
    else if (row.comes !== "late") assert.equal(client.status(1), row.comes);
    if (client.status(1) < 500 && !client.reset(1)) assert.equal(client.stream(1).body, row.body);
    if (!row.body.includes("evil")) assert.doesNotMatch(client.stream(1).body, /evil/);
    // An endpoint that broke its connection broke it for both.
    if (client.status(3) === 200) assert.equal(client.stream(3).body, "/next");
    else assert.deepEqual([client.status(1), client.status(3)], [502, 502]);
  } finally {
    client.destroy();
  }
}

for (const [version, ask] of Object.entries({ "HTTP/1.1": byHttp1, "HTTP/2": byHttp2 })) {
  describe(`of an odd answer by HTTP/2 a client of ${version} sees`, { concurrency: 8 }, () => {
    const lanes = new Lanes<RawEndpoint>();
    before(() => lanes.open(8, () => new RawEndpoint().start(), http2Options));
    after(() => lanes.close());
    const run = async (row: AnswerRow, { port, origin, bystander }: Lane<RawEndpoint>) => {
      origin.script = row.script;
      await ask(row, port);
      const [answer] = await bystander.ask(next);
      assert.equal(answer?.body, "/next", "others are served on");
    };
    for (const row of answerRows) test(`${row.comes}: ${row.what}`, () => lanes.use((lane) => run(row, lane)));
  });
}
