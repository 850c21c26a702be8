import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { HpackDecoder } from "./hpack-decoder.ts";
import { HpackEncoder } from "./hpack-encoder.ts";

/** All that may stand in a value. */
const octets = `!\t${Array.from({ length: 95 + 128 }, (_, at) => String.fromCharCode(at < 95 ? 32 + at : 33 + at)).join("")}`;

/** The two ends of one direction. */
class Pair {
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder({ tableSize: 4096, listSize: 1_000_000, fields: 1000 });

  /** Sends a list; returns its block in hexadecimal, after checking that the other end reads the same. */
  send(...fields: string[]): string {
    const bound = this.encoder.sizeBound(fields);
    const into = Buffer.alloc(bound + 1);
    const end = this.encoder.encode(fields, into, 1);
    assert.ok(end - 1 <= bound, `${end - 1} octets where ${bound} were the bound`);
    const read: string[] = [];
    assert.equal(this.decoder.decode(into, 1, end, read), undefined);
    assert.deepEqual(
      read,
      fields.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text)),
    );
    return into.toString("hex", 1, end);
  }
}

describe("the encoder", () => {
  test("says in one octet what the static table has, and what was sent before", () => {
    const pair = new Pair();
    assert.equal(pair.send(":method", "GET", ":scheme", "https", ":path", "/", ":status", "404"), "8287848d");
    pair.send("X-App", "reviews", "content-type", "text/html");
    assert.equal(pair.send("x-app", "reviews", "Content-Type", "text/html", "X-APP", "reviews"), "bfbebf");
  });

  test("adds a new value of a known name by the name's index", () => {
    const pair = new Pair();
    pair.send("x-app", "reviews");
    assert.equal(pair.send("x-app", "é"), "7e01e9");
    assert.equal(pair.send("content-type", "é"), "5f01e9");
  });

  const never: readonly (readonly [name: string, value: string, start: string])[] = [
    ["authorization", "Bearer abcdefghijklmnopqrstuvwxyz", "1f08"],
    ["proxy-authorization", "Basic YTpi", "1f22"],
    ["set-cookie", "session=0123456789abcdefghijklmnop", "1f28"],
    ["cookie", "a=0123456789abcdef", "1f11"],
  ];
  for (const [name, value, start] of never) {
    test(`adds no ${name}, and forbids it to others`, () => {
      const pair = new Pair();
      const block = pair.send(name, value);
      assert.equal(block.slice(0, 4), start);
      assert.equal(pair.send(name, value), block);
    });
  }

  test("adds a cookie too long to be guessed", () => {
    const pair = new Pair();
    pair.send("cookie", "session=0123456789ab");
    assert.equal(pair.send("cookie", "session=0123456789ab"), "be");
  });

  test("keeps out of the table what varies", () => {
    const pair = new Pair();
    pair.send("x-app", "reviews", "x-request-id", "1");
    for (let id = 2; id < 500; id += 1) {
      const block = pair.send("x-app", "reviews", "x-request-id", String(id), ":path", `/?${id}`, "etag", String(id));
      assert.equal(block.slice(0, 6), "bf0f2f", "the name alone is of use");
    }
  });

  test("learns what varies", () => {
    const pair = new Pair();
    pair.send("x-app", "reviews");
    let length = 0;
    for (let count = 0; count < 200; count += 1) length = pair.send("x-serial", `number ${count}`).length;
    assert.ok(length > 20, "it was not added any more");
    assert.equal(pair.send("x-app", "reviews").length, 2, "and drove nothing out");
  });

  test("does not add what would drive out much of the table", () => {
    const pair = new Pair();
    pair.send("x-app", "reviews");
    const large = pair.send("x-large", "z".repeat(1000), `x-${"long".repeat(20)}`, "1");
    assert.equal(pair.send("x-large", "z".repeat(1000), `x-${"long".repeat(20)}`, "1"), large);
    assert.equal(pair.send("x-app", "reviews"), "be");
  });

  test("announces a smaller table, evicts, and adds nothing that does not fit", () => {
    const pair = new Pair();
    pair.send("x-app", "reviews");
    pair.encoder.setTableSize(0);
    const block = pair.send("x-app", "reviews");
    assert.equal(block.slice(0, 2), "20");
    assert.equal(pair.send("x-app", "reviews"), block.slice(2));
  });

  test("announces the smallest of several sizes, and the last", () => {
    const pair = new Pair();
    pair.send("x-app", "reviews");
    for (const size of [1000, 0, 300, 100]) pair.encoder.setTableSize(size);
    assert.equal(pair.send(":method", "GET"), "203f4582");
    assert.equal(pair.send(":method", "GET"), "82");
  });

  test("never uses more than 4096 octets, and says nothing of a size it does not use", () => {
    const pair = new Pair();
    pair.encoder.setTableSize(1_000_000);
    assert.equal(pair.send(":method", "GET"), "82");
    for (let count = 0; count < 300; count += 1) pair.send(`x-${count}`, "z".repeat(count));
    for (let count = 299; count >= 0; count -= 1) pair.send(`x-${count}`, "z".repeat(count));
  });

  test("writes names and values of any length", () => {
    const pair = new Pair();
    pair.send(
      "x",
      octets,
      "y",
      octets.slice(0, 9),
      "z".repeat(300),
      "",
      "",
      "",
      "a".repeat(20_000),
      "b".repeat(20_000),
    );
  });
});

const name = fc.oneof(
  fc.constantFrom(":path", ":status", "Content-Type", "cookie", "set-cookie", "x-request-id", "X-App", "date", "x-app"),
  fc.string({ unit: fc.constantFrom("a", "b", "C", "-"), minLength: 1, maxLength: 3 }),
  fc.integer({ min: 0, max: 400 }).map((number) => `x-${number}-${"n".repeat(number % 90)}`),
);
const value = fc.oneof(
  fc.constantFrom("", "200", "/", "reviews", "gzip, deflate"),
  fc
    .string({ unit: fc.constantFrom("\t", " ", "!", "a", "z", "0", "9", "\x80", "\xff"), maxLength: 30 })
    .map((text) => `.${text}.`),
  fc.integer({ min: 0, max: 1500 }).map((length) => "v".repeat(length)),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => pairs.flat()) },
  { weight: 1, arbitrary: fc.oneof(fc.constantFrom(0, 4096, 100_000), fc.integer({ min: 0, max: 5000 })) },
);

describe("what the encoder writes", () => {
  test("the decoder reads, whatever was sent before and whatever table the peer allows", () => {
    const holds = (steps: readonly (number | string[])[]) => {
      const pair = new Pair();
      for (const step of steps) {
        if (typeof step === "number") pair.encoder.setTableSize(step);
        else pair.send(...step);
      }
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), holds), { numRuns: 150 });
  });
});

describe("the decoder", () => {
  test("takes or refuses any octets, and never more than its limits", () => {
    const limits = { tableSize: 4096, listSize: 500, fields: 10 };
    const octet = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x40, 0x82, 0xbe, 0x01, 0x20, 0x81));
    const block = fc.array(octet, { maxLength: 40 });
    const holds = (blocks: readonly (readonly number[])[]) => {
      const decoder = new HpackDecoder(limits);
      for (const octets of blocks) {
        const fields: string[] = [];
        const answer = decoder.decode(Buffer.from(octets), 0, octets.length, fields);
        assert.ok(fields.length <= 20 && fields.length % 2 === 0);
        assert.ok(fields.join("").length + 16 * fields.length <= 500);
        if (answer === "compression-error") return;
      }
    };
    fc.assert(fc.property(fc.array(block, { maxLength: 6 }), holds), { numRuns: 2000 });
  });
});
