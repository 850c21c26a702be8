import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { http2Options, versions } from "../codec-fixture.ts";
import { Lanes, type Lane } from "../smuggling/lanes.ts";
import { get, greeting } from "./frames.ts";
import { askedOrigin, type AskedOrigin } from "./origin.ts";
import { RawPeer } from "./raw-peer.ts";
import { bomb, floods, laterBomb, type Flood } from "./rows/floods.ts";

const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
/** Rounds in one write. */
const atOnce = 100;

async function run({ first, round, most }: Flood, { port, bystander }: Lane<AskedOrigin>): Promise<void> {
  const client = new RawPeer(connect(port, "127.0.0.1"));
  try {
    client.send(greeting, ...first);
    let sent = 0;
    while (sent < most && client.ended === "open" && !client.leaving) {
      const rounds = Array.from({ length: Math.min(atOnce, most - sent) }, (_, index) => round(sent + index));
      client.send(...rounds.flat());
      sent += rounds.length;
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const [answer] = await bystander.ask(next);
      assert.equal(answer?.body, "ok", "others are served on");
    }
    await client.until("the end", () => client.ended !== "open");
    assert.equal(client.refusals.at(-1), "goaway 11");
  } finally {
    client.destroy();
  }
}

for (const version of versions) {
  describe(`before an endpoint of ${version}, a client is cut off that floods`, { concurrency: 4 }, () => {
    const lanes = new Lanes<AskedOrigin>();
    before(() => lanes.open(4, () => askedOrigin(version), version === "HTTP/2" ? http2Options : {}));
    after(() => lanes.close());
    for (const flood of floods) test(flood.what, () => lanes.use((lane) => run(flood, lane)));

    test("not one that sends HPACK bombs, which are answered with 431", () =>
      lanes.use(async ({ port, bystander }) => {
        const client = new RawPeer(connect(port, "127.0.0.1"));
        try {
          client.send(greeting, ...bomb(1));
          for (let id = 3; id < 200; id += 2) client.send(...laterBomb(id));
          client.send(get(201));
          await client.until("all answers", () => client.stream(201).ended);
          for (let id = 1; id < 200; id += 2) assert.equal(client.status(id), 431);
          assert.equal(client.status(201), 200);
          assert.equal((await bystander.ask(next))[0]?.body, "ok");
        } finally {
          client.destroy();
        }
      }));
  });
}
