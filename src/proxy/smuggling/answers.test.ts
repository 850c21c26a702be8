import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { listen, portOf } from "../fixture.ts";
import { Conversation } from "./conversation.ts";
import { Lanes, type Lane } from "./lanes.ts";
import { answerRows, type AnswerRow } from "./rows/answers.ts";

/** An endpoint that answers `/odd` with what it is told, and `/next` with `next`. */
interface OddOrigin {
  readonly port: number;
  script: Pick<AnswerRow, "answer" | "behind">;
  close(): Promise<void>;
}

async function oddOrigin(): Promise<OddOrigin> {
  const open = new Set<Socket>();
  const server = await listen((socket) => {
    open.add(socket.on("error", () => undefined));
    socket.on("close", () => open.delete(socket));
    socket.on("end", () => socket.end());
    socket.on("data", (bytes) => {
      if (bytes.latin1Slice().split(" ")[1] === "/next") {
        return void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnext");
      }
      socket.write(origin.script.answer, "latin1");
      if (origin.script.behind === "ends") socket.end();
      // What was sent before it arrives first.
      if (origin.script.behind === "resets") setTimeout(() => socket.resetAndDestroy(), 10);
    });
  });
  const origin: OddOrigin = {
    port: portOf(server),
    script: { answer: "", behind: "stays" },
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
      return Promise.resolve();
    },
  };
  return origin;
}

const next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

/** A client sends two requests at once. Whatever the first one's answer is like, it must not be taken for the second one's. */
async function run(row: AnswerRow, { port, origin, bystander }: Lane<OddOrigin>): Promise<void> {
  origin.script = row;
  const client = new Conversation(port, (index) => index === 0 && row.method === "HEAD");
  try {
    client.write(`${row.method} /odd HTTP/1.1\r\nHost: a\r\n${row.lines}\r\n${next}`);
    if (row.comes === "cut") await broken(client);
    else await answered(client, row, row.comes);
    if (row.body === "") assert.doesNotMatch(client.got, /evil/);
    const others = await bystander.ask(next);
    assert.deepEqual(
      others.map(({ body }) => body),
      ["next"],
      "others are served on",
    );
  } finally {
    client.destroy();
  }
}

async function broken(client: Conversation): Promise<void> {
  await client.untilEnd();
  assert.deepEqual(client.answers.answers, [], "no answer may look whole");
  assert.ok((client.got.match(/HTTP\/1\.1/g) ?? []).length <= 1, "nothing follows what broke");
}

async function answered(client: Conversation, row: AnswerRow, status: number): Promise<void> {
  await client.until("both answers", () => client.answers.answers.length >= 2 || client.ended !== "open");
  const { answers, rest } = client.answers;
  const [first, second] = answers;
  assert.equal(first?.status, status);
  if (status !== 502 && status !== 503) assert.equal(first.body, row.body);
  assert.match(first.head, row.head);
  assert.equal(second?.body, "next");
  assert.equal(answers.length, 2);
  assert.equal(rest, "");
}

describe("of an odd answer its client sees", { concurrency: 8 }, () => {
  const lanes = new Lanes<OddOrigin>();
  before(() => lanes.open(8, oddOrigin));
  after(() => lanes.close());
  for (const row of answerRows) {
    const seen = row.comes === "cut" ? "a break" : String(row.comes);
    test(`${seen}: ${row.what}`, () => lanes.use((lane) => run(row, lane)));
  }
});
