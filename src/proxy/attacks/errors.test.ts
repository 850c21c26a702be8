import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { http2Options, versions } from "../codec-fixture.ts";
import { Lanes, type Lane } from "../smuggling/lanes.ts";
import { get, greeting } from "./frames.ts";
import { askedOrigin, type AskedOrigin } from "./origin.ts";
import { RawPeer } from "./raw-peer.ts";
import type { Row } from "./row.ts";
import { frameRows } from "./rows/frames.ts";
import { hpackRows } from "./rows/hpack.ts";
import { streamRows } from "./rows/streams.ts";

const rows: readonly Row[] = [...frameRows, ...streamRows, ...hpackRows];
const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
/** The stream of a request behind an attempt. */
const later = 1001;

async function run([, steps, told]: Row, { port, bystander }: Lane<AskedOrigin>): Promise<void> {
  const client = new RawPeer(connect(port, "127.0.0.1"));
  try {
    client.send(greeting);
    for (const step of steps) {
      if (typeof step !== "string") client.send(step);
      else await client.until(`the answer on ${step}`, () => client.stream(Number(step)).ended);
    }
    client.send(get(later));
    await client.until("an answer behind it, or the end", () => client.status(later) !== 0 || client.ended !== "open");
    assert.deepEqual(client.refusals.filter((refusal) => refusal !== "rst 1 0").join(", "), told);
    if (told.startsWith("goaway")) assert.equal(client.ended, "end");
    else assert.equal(client.status(later), 200, "it serves on");
    const [answer] = await bystander.ask(next);
    assert.equal(answer?.body, "ok", "others are served on");
  } finally {
    client.destroy();
  }
}

for (const version of versions) {
  describe(`before an endpoint of ${version}, of HTTP/2 a client is refused`, { concurrency: 8 }, () => {
    const lanes = new Lanes<AskedOrigin>();
    before(() => lanes.open(8, () => askedOrigin(version), version === "HTTP/2" ? http2Options : {}));
    after(() => lanes.close());
    for (const row of rows) {
      const [rule, , told] = row;
      test(`${rule}: ${told || "nothing"}`, () => lanes.use((lane) => run(row, lane)));
    }
  });
}

test("the table has no row twice, and more than a hundred and fifty", () => {
  const all = rows.map(([rule]) => rule);
  assert.deepEqual(
    all.filter((rule, index) => all.indexOf(rule) !== index),
    [],
  );
  assert.ok(all.length > 150, String(all.length));
});
