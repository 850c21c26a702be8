import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { http2Options } from "../codec-fixture.ts";
import { field } from "../smuggling/answers.ts";
import { Lanes, type Lane } from "../smuggling/lanes.ts";
import { hasPython, origins, type Origin } from "../smuggling/origins.ts";
import { get, greeting } from "./frames.ts";
import { askedOrigin } from "./origin.ts";
import { RawPeer } from "./raw-peer.ts";
import type { Downgrade } from "./downgrade.ts";
import { fieldDowngrades } from "./rows/fields.ts";
import { requestDowngrades } from "./rows/request-lines.ts";

const downgrades = { ...fieldDowngrades, ...requestDowngrades };
const atOnce = 8;
const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
/** The stream of a request behind an attempt. */
const later = 1001;

async function run(
  { frames, fate, sends, mayReach }: Downgrade,
  { port, origin, bystander }: Lane<Origin>,
): Promise<void> {
  const client = new RawPeer(connect(port, "127.0.0.1"));
  const reaches = !/^(rst|\d)/.test(fate);
  try {
    client.send(greeting, ...frames);
    if (fate.startsWith("rst")) await client.until("a reset", () => client.reset(1) || client.stream(1).ended);
    else await client.until("an answer", () => client.stream(1).ended || client.reset(1));
    const told = client.refusals.filter((refusal) => refusal !== "rst 1 0");
    assert.deepEqual(told, fate.startsWith("rst") ? [fate] : []);
    if (!fate.startsWith("rst")) assert.equal(client.status(1), reaches ? 200 : Number(fate));
    if (reaches) assert.equal(answerOf(client, 1), fate);
    client.send(get(later, "/last"));
    await client.until("an answer behind it", () => client.stream(later).ended || client.ended !== "open");
    assert.equal(answerOf(client, later), "GET /last", "the next answer is that of the next request");
    const others = await bystander.ask(next);
    assert.deepEqual(
      others.map(({ head }) => decodeURIComponent(field(head, "x-answers") ?? "")),
      ["GET /next"],
      "others are served on",
    );
    const { requests, bytes } = await origin.take();
    const taken = requests.filter((request) => request !== mayReach);
    assert.deepEqual(taken, [...(reaches ? [fate] : []), "GET /last", "GET /next"], "what the endpoint took");
    if (sends && bytes !== undefined) assert.match(bytes.slice(0, bytes.indexOf("/last")), sends);
  } finally {
    client.destroy();
  }
}

function answerOf(client: RawPeer, id: number): string {
  const head = client.stream(id).heads.at(-1) ?? [];
  return decodeURIComponent(head[head.indexOf("x-answers") + 1] ?? "");
}

const python = await hasPython();
const all: typeof origins = { ...origins, "an endpoint of HTTP/2": () => askedOrigin("HTTP/2") };

for (const [name, origin] of Object.entries(all)) {
  const skip = name.includes("Python") && !python ? "no python3" : false;
  const lenient = name.startsWith("a lenient");
  describe(`what comes by HTTP/2 before ${name}`, { concurrency: atOnce, skip }, () => {
    const lanes = new Lanes<Origin>();
    before(() => lanes.open(atOnce, origin, name.endsWith("HTTP/2") ? http2Options : {}));
    after(() => lanes.close());
    for (const [family, rows] of Object.entries(downgrades)) {
      for (const row of rows) {
        if (row.odd && !lenient) continue;
        test(`${family}: ${row.what}`, () => lanes.use((lane) => run(row, lane)));
      }
    }
  });
}

test("the table has no row twice, and more than sixty", () => {
  const names = Object.entries(downgrades).flatMap(([family, rows]) => rows.map(({ what }) => `${family}: ${what}`));
  assert.deepEqual(
    names.filter((what, index) => names.indexOf(what) !== index),
    [],
  );
  assert.ok(names.length > 60, String(names.length));
});
