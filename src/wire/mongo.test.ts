import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { MongoReader } from "./mongo.ts";

/** A message with its head; `length` where the head lies about it. */
function message(operation: number, body: string | Buffer = "", length?: number): Buffer {
  const bytes = Buffer.from(body as string, "latin1");
  const head = Buffer.alloc(16);
  head.writeInt32LE(length ?? 16 + bytes.length, 0);
  head.writeInt32LE(7, 4);
  head.writeInt32LE(operation, 12);
  return Buffer.concat([head, bytes]);
}

const query = (flags: number) => message(2004, `${String.fromCharCode(flags)}\0\0\0shop.things\0rest`);
const reply = (flags: number, cursor: number) =>
  message(1, `${String.fromCharCode(flags)}\0\0\0${String.fromCharCode(cursor)}${"\0".repeat(7)}12345678`);

/** What is told of bytes given in these cuts: names, and `error`. */
function told(bytes: Buffer, cuts: readonly number[] = []): string[] {
  const names: string[] = [];
  const reader = new MongoReader((operation, traits) => names.push([operation, ...traits].join(" ")));
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const end = Math.min(bytes.length, at + cut);
    if (!reader.read(bytes.subarray(at, end), 0, end - at)) {
      names.push("error");
      break;
    }
    at = end;
  }
  return names;
}

const cases: readonly (readonly [what: string, bytes: Buffer, told: readonly string[]])[] = [
  ["today's message", message(2013, "\0\0\0\0\0body"), ["msg"]],
  [
    "every other operation",
    Buffer.concat([2001, 2002, 2005, 2006, 2007, 2010, 2011, 2012].map((each) => message(each, "x"))),
    ["update", "insert", "get_more", "delete", "kill_cursors", "command", "command_reply", "compressed"],
  ],
  ["a message of its head alone", message(2013), ["msg"]],
  ["a query", query(0), ["query"]],
  [
    "a query's flags",
    Buffer.concat([query(2), query(16), query(32), query(64), query(4 | 8 | 128)]),
    ["query tailable_cursor", "query no_cursor_timeout", "query await_data", "query exhaust", "query"],
  ],
  [
    "a reply's flags and cursor",
    Buffer.concat([reply(0, 0), reply(1, 0), reply(2, 9), reply(8, 0)]),
    ["reply", "reply cursor_not_found", "reply query_failure valid_cursor", "reply"],
  ],
  [
    "messages one after another",
    Buffer.concat([message(2013, "a"), query(0), message(2013, "b".repeat(300))]),
    ["msg", "query", "msg"],
  ],
  ["a message that is not whole", message(2013, "abc", 1000), ["msg"]],
  ["less than a head", message(2013).subarray(0, 15), []],
  ["a request of HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ["error"]],
  ["a TLS record", Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 1, 2, 3, 4, 5]), ["error"]],
  ["an unknown operation", Buffer.concat([message(2013), message(9999)]), ["msg", "error"]],
  ["a length shorter than the head", message(2013, "", 15), ["error"]],
  ["a negative length", message(2013, "", -1), ["error"]],
  ["a length nobody takes", message(2013, "", 48_000_001), ["error"]],
  ["a query without flags", message(2004), ["error"]],
  ["a reply without its cursor", message(1, "\0\0\0\0"), ["error"]],
];

describe("MongoDB's messages", () => {
  for (const [what, bytes, names] of cases) {
    test(`${what}: ${names.join(", ") || "nothing yet"}`, () => assert.deepEqual(told(bytes), names));
  }

  test("are told apart alike in any cuts", () => {
    const stream = fc.array(fc.constantFrom(...cases.map(([, bytes]) => bytes)), { maxLength: 6 });
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 });
    const holds = (pieces: Buffer[], lengths: number[]) => {
      const bytes = Buffer.concat(pieces);
      assert.deepEqual(told(bytes, lengths), told(bytes));
    };
    fc.assert(fc.property(stream, cuts, holds), { numRuns: 500 });
  });
});
