import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { ChunkReader, chunkLine, lastChunkWith } from "./chunked.ts";
import { HeadReader } from "./head-reader.ts";
import type { HeadLimits } from "./limits.ts";
import { readRequest } from "./request.ts";
import { readResponse } from "./response.ts";
import { forbiddenInTrailers } from "./trailers.ts";

const limits: HeadLimits = { head: 200, fields: 6, target: 40 };
const runs = { numRuns: 1000 };

/** Bytes that mean something to the codec, more often than not. */
const piece = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom("\r\n", "\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /", " ", ":"),
  },
  { weight: 8, arbitrary: fc.constantFrom("Host: a\r\n", "Content-Length: 3\r\n", "X: y\r\n", " HTTP/1.1\r\n") },
  { weight: 2, arbitrary: fc.constantFrom("\r", "\n", "\t", "\0", "Transfer-Encoding: chunked\r\n", "y".repeat(60)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 5 }) },
);
const stream = fc.array(piece, { maxLength: 24 }).map((pieces) => Buffer.from(pieces.join(""), "latin1"));
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });

/** Gives `bytes` in pieces of these lengths, then the rest. */
function feed(bytes: Buffer, lengths: readonly number[], take: (bytes: Buffer) => boolean): void {
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    if (at >= bytes.length || !take(bytes.subarray(at, at + length))) return;
    at += length;
  }
}

/** Every head of a stream of requests without bodies, up to the first refusal. */
function heads(bytes: Buffer, lengths: readonly number[], read: typeof readRequest | typeof readResponse): unknown[] {
  const reader = new HeadReader(limits, read === readRequest ? "request" : "response");
  const events: unknown[] = [];
  feed(bytes, lengths, (given) => {
    let at = 0;
    while (at < given.length) {
      const text = reader.read(given, at, given.length);
      if (text === undefined) {
        assert.equal(reader.position, given.length, "bytes are lost");
        return true;
      }
      const message = typeof text === "string" ? read(text, limits) : text;
      events.push(message);
      if ("refused" in message) return false;
      at = reader.position;
    }
    return true;
  });
  return events;
}

describe("in any cuts", () => {
  test("requests are the same requests, and refusals the same refusals", () => {
    const holds = (bytes: Buffer, lengths: number[]) => {
      const whole = heads(bytes, [], readRequest);
      assert.deepEqual(heads(bytes, lengths, readRequest), whole);
      assert.deepEqual(
        heads(
          bytes,
          Array.from(bytes, () => 1),
          readRequest,
        ),
        whole,
      );
    };
    fc.assert(fc.property(stream, cuts, holds), runs);
  });

  test("responses are the same responses", () => {
    const answers = fc
      .array(fc.oneof(piece, fc.constantFrom("HTTP/1.1 200 OK\r\n", "HTTP/1.0 404\r\n\r\n")), { maxLength: 12 })
      .map((pieces) => Buffer.from(pieces.join(""), "latin1"));
    const holds = (bytes: Buffer, lengths: number[]) =>
      assert.deepEqual(heads(bytes, lengths, readResponse), heads(bytes, [], readResponse));
    fc.assert(fc.property(answers, cuts, holds), runs);
  });

  test("a head as large as may be is taken, one byte more is not", () => {
    const start = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (const [length, taken] of [
      [limits.head, true],
      [limits.head + 1, false],
    ] as const) {
      const head = `${start}X: ${"y".repeat(length - start.length - 3)}\r\n\r\n`;
      for (const step of [1, 7, 1000]) {
        const [event] = heads(
          Buffer.from(head),
          Array.from(head, () => step),
          readRequest,
        );
        assert.equal(
          typeof event === "object" && event !== null && !("refused" in event),
          taken,
          `in steps of ${step}`,
        );
      }
    }
  });

  test("what can become no head is refused as soon as its bytes say so", () => {
    const cases: readonly (readonly [text: string, of: "request" | "response", answer: string])[] = [
      ["\x16", "request", "400 forbidden-character"],
      ["GET / HTTP/1.1\r\nX: \0", "request", "400 forbidden-character"],
      ["GET / HTTP/1.1\rX", "request", "400 forbidden-character"],
      ["GET / HTTP/1.1\n", "request", "400 forbidden-character"],
      ["GET /\r\n", "request", "400 malformed-start-line"],
      ["GET / HTTP/1.3\r\n", "request", "505 unknown-version"],
      ["GET / HTTP/1.3\r\n\0", "request", "505 unknown-version"],
      ["\r\n\r\n", "request", "400 malformed-start-line"],
      ["SSH-2.0-OpenSSH\r\n", "response", "400 malformed-status-line"],
      ["\r\n", "response", "400 malformed-status-line"],
    ];
    for (const [text, of, answer] of cases) {
      for (const step of [1, 100]) {
        const reader = new HeadReader(limits, of);
        let said: unknown;
        feed(
          Buffer.from(text, "latin1"),
          Array.from(text, () => step),
          (bytes) => (said = reader.read(bytes, 0, bytes.length)) === undefined,
        );
        assert.ok(typeof said === "object" && said !== null && "refused" in said, JSON.stringify(text));
        assert.equal(`${Reflect.get(said, "status")} ${Reflect.get(said, "reason")}`, answer);
        assert.equal(reader.waiting, 0);
      }
    }
  });

  test("a head without end is refused before more than its bound is kept", () => {
    const reader = new HeadReader(limits);
    const bytes = Buffer.from(`GET / HTTP/1.1\r\n${"X: y\r\n".repeat(1000)}`);
    let most = 0;
    let refused: unknown;
    feed(
      bytes,
      Array.from({ length: 1000 }, () => 30),
      (given) => {
        refused = reader.read(given, 0, given.length);
        most = Math.max(most, reader.waiting);
        return refused === undefined;
      },
    );
    assert.deepEqual(refused, { refused: true, status: 431, reason: "head-too-large" });
    assert.ok(most <= limits.head + 3, `${most} bytes were kept`);
  });

  test("a chunked body has the same data and the same end", () => {
    const chunk = fc.oneof(
      { weight: 6, arbitrary: fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 30 }).map(asChunk) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "3;x=1\r\nabc\r\n",
          "0A\r\n0123456789\r\n",
          lastChunkWith(),
          "0;a\r\nX: y\r\nTE: z\r\n\r\n",
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "\r\n",
          "g\r\n",
          "5\n",
          "3 \r\nabc\r\n",
          "3\r\nabcd\r\n",
          "fffffffffffffff\r\n",
          "0\r\nX\r\n\r\n",
        ),
      },
    );
    const bodies = fc
      .array(chunk, { maxLength: 8 })
      .map((chunks) => Buffer.from(`${chunks.join("")}${lastChunkWith()}after`));
    const holds = (bytes: Buffer, lengths: number[]) => {
      const whole = body(bytes, []);
      assert.deepEqual(body(bytes, lengths), whole);
      assert.deepEqual(
        body(
          bytes,
          Array.from(bytes, () => 1),
        ),
        whole,
      );
    };
    fc.assert(fc.property(bodies, cuts, holds), runs);
  });

  test("what is sent in chunks is what is read from them", () => {
    const holds = (pieces: readonly string[], lengths: number[]) => {
      const { data, done, used } = body(Buffer.from(pieces.map(asChunk).join("") + lastChunkWith()), lengths);
      assert.equal(data, pieces.join(""));
      assert.ok(done);
      assert.equal(used, (pieces.map(asChunk).join("") + lastChunkWith()).length);
    };
    fc.assert(fc.property(fc.array(fc.string({ unit: "binary-ascii", minLength: 1 })), cuts, holds), runs);
  });

  test("trailers that are sent are what is read from them", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/).filter((name) => !forbiddenInTrailers(name));
    const value = fc.stringMatching(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/);
    const fields = fc.array(fc.tuple(name, value), { maxLength: 20 }).map((pairs) => pairs.flat());
    const holds = (trailers: readonly string[], lengths: number[]) => {
      const text = lastChunkWith(trailers);
      const { done, used, trailers: got } = body(Buffer.from(text, "latin1"), lengths);
      assert.deepEqual({ done, used, got }, { done: true, used: text.length, got: trailers });
    };
    fc.assert(fc.property(fields, cuts, holds), runs);
  });
});

const asChunk = (text: string) => `${chunkLine(text.length)}${text}\r\n`;

function body(bytes: Buffer, lengths: readonly number[]) {
  const reader = new ChunkReader();
  let data = "";
  let used = 0;
  const sink = { data: (given: Buffer, start: number, end: number) => void (data += given.latin1Slice(start, end)) };
  feed(bytes, lengths, (given) => {
    used += reader.read(given, 0, given.length, sink);
    return !reader.done && !reader.failed;
  });
  return { data, used, done: reader.done, failed: reader.failed, trailers: reader.trailers };
}
