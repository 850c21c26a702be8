import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { preface } from "./frame.ts";
import {
  block,
  continuation,
  data,
  endHeaders,
  endStream,
  frame,
  goaway,
  headers,
  ping,
  priority,
  refusals,
  rst,
  settings,
  settingsAck,
  update,
  whole,
} from "./frames-fixture.ts";
import { carry, get, Half, post } from "./session-fixture.ts";
import type { Role } from "./settings.ts";

const runs = { numRuns: 1000 };
const ok = [":status", "200"];

const id = fc.constantFrom(1, 3, 5, 7, 2, 0);
const bits = fc.constantFrom(0, endStream, endHeaders, whole, 0x8, 0x20, 0xff);
const list = fc.constantFrom(get, post, ok, [":status", "103"], ["a", "b"], []);
const anyFrame = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(id, list, fc.constantFrom(endHeaders, whole)).map((args) => headers(...args)) },
  { weight: 6, arbitrary: fc.tuple(id, fc.string({ maxLength: 9 }), bits).map((args) => data(...args)) },
  { weight: 2, arbitrary: fc.tuple(id, fc.nat({ max: 70_000 })).map((args) => update(...args)) },
  { weight: 2, arbitrary: fc.tuple(id, bits).map(([id, bits]) => continuation(id, block(get).subarray(2), bits)) },
  { weight: 1, arbitrary: fc.tuple(id).map(([id]) => frame(1, endStream, id, block(get).subarray(0, 2))) },
  { weight: 2, arbitrary: fc.constantFrom(ping(), ping(1), settings([4, 9]), settings([1, 0]), settingsAck, rst(1)) },
  { weight: 1, arbitrary: fc.constantFrom(priority(1, 3), priority(9, 9), goaway(1), rst(3), frame(0xbe, 1, 1, 9)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat({ max: 11 }), bits, id, fc.uint8Array({ maxLength: 9 }))
      .map(([type, bits, id, payload]) => frame(type, bits, id, Buffer.from(payload))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)) },
);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });

/** What a session says of bytes that come in pieces of these lengths, then the rest. */
function told(role: Role, bytes: Buffer, lengths: readonly number[]): unknown {
  const half = new Half(role);
  half.answer = (stream, log) => {
    if (stream.id % 4 === 3) stream.head(ok, true);
    if (stream.id === 5) log.ended = () => stream.reset(8);
  };
  if (role === "client") for (const fields of [get, post, get]) half.request(fields, fields === get);
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    const to = Math.min(bytes.length, at + length);
    half.session.receive(bytes, at, to);
    at = to;
  }
  return {
    events: half.events,
    streams: half.streams.map((log) => log.events),
    refused: refusals(withoutPreface(half)),
  };
}

function withoutPreface(half: Half): Buffer {
  const output = half.take();
  return output.subarray(0, 3).latin1Slice() === "PRI" ? output.subarray(preface.length) : output;
}

describe("in any cuts", () => {
  for (const role of ["server", "client"] as const) {
    test(`what comes to a ${role} means the same`, () => {
      const start = role === "server" ? [preface, settings()] : [settings()];
      const holds = (frames: Buffer[], lengths: number[]) => {
        const bytes = Buffer.concat([...start, ...frames]);
        const uncut = told(role, bytes, []);
        assert.deepEqual(told(role, bytes, lengths), uncut);
        const ones = Array.from(bytes, () => 1);
        assert.deepEqual(told(role, bytes, ones), uncut);
      };
      fc.assert(fc.property(fc.array(anyFrame, { maxLength: 12 }), cuts, holds), runs);
    });
  }
});

describe("through any windows", () => {
  const sizes = fc.array(fc.nat({ max: 90_000 }), { maxLength: 6 });

  test("every body arrives whole", () => {
    const holds = (bodies: number[], streamWindow: number, piece: number) => {
      const server = new Half("server", { streamWindow });
      const client = new Half("client", { streamWindow, connectionWindow: 65_535 });
      server.answer = (stream, log) => {
        stream.head(ok, false);
        log.data = (buffer, start, end) => {
          stream.data(buffer, start, end, false);
          stream.consumed(end - start);
        };
        log.ended = () => stream.end();
      };
      const body = Buffer.alloc(90_000, "0123456789abc");
      const logs = bodies.map((size) => {
        const log = client.request(post, false);
        for (let at = 0; at < size; at += piece) log.stream?.data(body, at, Math.min(size, at + piece), false);
        log.stream?.end();
        return log;
      });
      carry(client, server);
      for (const [index, { events }] of logs.entries()) {
        const texts = events.filter((event) => event.startsWith("data ")).map((event) => event.slice(5));
        assert.equal(texts.join(""), body.latin1Slice(0, bodies[index]));
        assert.equal(events.at(-1), "end");
      }
      assert.equal(client.session.openStreams + server.session.openStreams, 0);
    };
    const windows = fc.integer({ min: 1000, max: 100_000 });
    fc.assert(fc.property(sizes, windows, fc.integer({ min: 700, max: 40_000 }), holds), { numRuns: 100 });
  });
});
