import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { field } from "./answers.ts";
import { Conversation } from "./conversation.ts";
import { Lanes, type Lane } from "./lanes.ts";
import { hasPython, origins, type Origin } from "./origins.ts";
import { follower, type Fate, type Row } from "./row.ts";
import { chunks } from "./rows/chunks.ts";
import { encodings } from "./rows/encodings.ts";
import { fields } from "./rows/fields.ts";
import { hops } from "./rows/hops.ts";
import { hostRows } from "./rows/hosts.ts";
import { lengths } from "./rows/lengths.ts";
import { targetRows } from "./rows/targets.ts";

const families: Readonly<Record<string, readonly Row[]>> = {
  lengths,
  encodings,
  chunks,
  fields,
  targets: targetRows,
  hosts: hostRows,
  hops,
};
const atOnce = 8;
/** How a head or a body is cut must change nothing; before one of the servers each attempt comes like that. */
const manyPieces = 8;
const final = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
const answerOf = (head: string) => decodeURIComponent(field(head, "x-answers") ?? "");

/** What the proxy gave for an attempt must be what its fate says. */
async function run({ sent, fate }: Row, pieces: number, { port, origin, bystander }: Lane<Origin>): Promise<void> {
  const client = new Conversation(port, (_, head) => answerOf(head).startsWith("HEAD "));
  try {
    await client.writeInPieces(sent + follower, pieces);
    await judge(client, fate);
    const others = await bystander.ask(next);
    assert.deepEqual(
      others.map(({ head }) => answerOf(head)),
      ["GET /next"],
      "others are served on",
    );
    const { requests, bytes } = await origin.take();
    assert.deepEqual(requests, [...reaching(fate), "GET /next"], "what the endpoint took for requests");
    // Chunks are sent as they come.
    const asWritten = fate.kind === "forwarded" && pieces === 1 ? fate.sends : undefined;
    if (asWritten && bytes !== undefined) assert.match(bytes, asWritten);
  } finally {
    client.destroy();
  }
}

/** Requests that reach the endpoint on the attempt's own connection. */
function reaching(fate: Fate): readonly string[] {
  if (fate.kind === "forwarded") return [...fate.requests, "GET /last"];
  return fate.kind === "closed" ? fate.requests : [];
}

async function judge(client: Conversation, fate: Fate): Promise<void> {
  switch (fate.kind) {
    case "refused":
      await client.untilEnd();
      return closedWith(client, [fate.status]);
    case "broken":
      await client.untilEnd();
      return closedWith(client, [400]);
    case "unfinished":
      client.finish();
      await client.untilEnd();
      return assert.equal(client.got, "", "nothing may be answered");
    case "closed":
      await client.untilEnd();
      return closedWith(client, fate.statuses);
    case "forwarded": {
      const expected = [...fate.requests, "GET /last"];
      await client.until("all answers", () => client.answers.answers.length >= fate.requests.length);
      client.write(final);
      await client.untilEnd();
      const { answers, rest } = client.answers;
      assert.deepEqual(
        answers.map(({ head }) => answerOf(head)),
        expected,
        "each answer is that of its request",
      );
      return assert.equal(rest, "");
    }
  }
}

/** These answers came, the last one says that it is the last, and so it was. */
function closedWith(client: Conversation, statuses: readonly number[]): void {
  const { answers, rest } = client.answers;
  assert.deepEqual(
    answers.map(({ status }) => status),
    statuses,
  );
  assert.equal(field(answers.at(-1)?.head ?? "", "connection"), "close");
  assert.equal(rest, "");
  assert.equal(client.ended, "end", "a reset could cost the answer");
}

const python = await hasPython();

for (const [name, open] of Object.entries(origins)) {
  const skip = name.includes("Python") && !python ? "no python3" : false;
  const pieces = name.includes("Transfer-Encoding") ? manyPieces : 1;
  describe(
    `attempts to smuggle${pieces === 1 ? "" : ", in pieces"}, before ${name}`,
    { concurrency: atOnce, skip },
    () => {
      const lanes = new Lanes<Origin>();
      before(() => lanes.open(atOnce, open));
      after(() => lanes.close());
      for (const [family, rows] of Object.entries(families)) {
        for (const row of rows) {
          if (row.oddMethod && name.startsWith("node")) continue;
          test(`${family}: ${row.what}`, () => lanes.use((lane) => run(row, pieces, lane)));
        }
      }
    },
  );
}

test("the table has no row twice, and more than two hundred", () => {
  const all = Object.entries(families).flatMap(([family, rows]) => rows.map(({ what }) => `${family}: ${what}`));
  assert.deepEqual(
    all.filter((what, index) => all.indexOf(what) !== index),
    [],
  );
  assert.ok(all.length >= 200, String(all.length));
});
