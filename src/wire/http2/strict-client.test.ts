import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { frameTypes as types } from "./frame.ts";
import {
  data,
  endHeaders,
  endStream,
  frame,
  goaway,
  headers,
  padded,
  priority,
  rst,
  settings,
  settingsAck,
  update,
  whole,
} from "./frames-fixture.ts";
import { get, Half, post } from "./session-fixture.ts";
import { rows, type Row } from "./strict-fixture.ts";

/** A request of ours, complete or not; the first is stream 1. */
const ask = (half: Half) => half.request(get, true);
const begin = (half: Half) => half.request(post, false);
const giveUp = (half: Half) => half.streams[0]?.stream?.reset(8);
const expecting = (length: number) => (half: Half) => half.streams[0]?.stream?.expect(length);
const ok = headers(1, [":status", "200"], endHeaders);
const complete = headers(1, [":status", "200"]);
const interim = headers(1, [":status", "103"], endHeaders);

const numbers: readonly Row[] = [
  ["HEADERS on an even stream", [ask, headers(2, [":status", "200"])], "goaway 1"],
  ["HEADERS on a stream we never opened", [ask, headers(3, [":status", "200"])], "goaway 1"],
  ["DATA on a stream we never opened", [ask, data(3, "x")], "goaway 1"],
  ["DATA on an even stream", [ask, data(2, "x")], "goaway 1"],
  ["RST_STREAM on a stream we never opened", [ask, rst(3)], "goaway 1"],
  ["RST_STREAM on an even stream", [ask, rst(2)], "goaway 1"],
  ["WINDOW_UPDATE on a stream we never opened", [ask, update(3, 1)], "goaway 1"],
  ["PRIORITY on an even stream", [priority(2, 1)], ""],
  ["PUSH_PROMISE", [ask, frame(types.pushPromise, endHeaders, 1, 8)], "goaway 1"],
  ["push 1 in a server's settings", [settings([2, 1])], "goaway 1"],
  ["push 0 in a server's settings", [settings([2, 0])], ""],
  ["an acknowledgement", [settingsAck], ""],
  ["two acknowledgements", [settingsAck, settingsAck], "goaway 1"],
];

const answers: readonly Row[] = [
  ["a whole one", [ask, complete], ""],
  ["interim ones before it", [ask, interim, interim, complete], ""],
  ["DATA before it", [ask, data(1, "x")], "rst 1 1"],
  ["DATA behind an interim one only", [ask, interim, data(1, "x")], "rst 1 1"],
  ["an interim one that ends the stream", [ask, headers(1, [":status", "103"])], "rst 1 1"],
  ["101", [ask, headers(1, [":status", "101"], endHeaders)], "rst 1 1"],
  ["no status", [ask, headers(1, ["a", "b"], endHeaders)], "rst 1 1"],
  ["a status behind a field", [ask, headers(1, ["a", "b", ":status", "200"], endHeaders)], "rst 1 1"],
  ["no fields", [ask, frame(types.headers, whole, 1)], "rst 1 1"],
  ["a second one", [ask, ok, headers(1, [":status", "200"], endHeaders)], "rst 1 1"],
  ["a second one at the end", [ask, ok, headers(1, [":status", "200"])], "rst 1 1"],
  ["trailers", [ask, ok, headers(1, ["a", "b"])], ""],
  ["trailers that end nothing", [ask, ok, headers(1, ["a", "b"], endHeaders)], "rst 1 1"],
  [
    "too large",
    [ask, headers(1, [":status", "200", "a", "b".repeat(16_000), ...Array.from({ length: 200 }, () => "x")])],
    "rst 1 11",
  ],
  ["a block that HPACK cannot read", [ask, frame(types.headers, whole, 1, Buffer.from([0x80]))], "goaway 9"],
];

const states: readonly Row[] = [
  ["half closed: DATA", [begin, complete, data(1, "x")], "rst 1 5"],
  ["half closed: HEADERS", [begin, complete, headers(1, ["a", "b"])], "rst 1 5"],
  ["half closed: WINDOW_UPDATE", [begin, complete, update(1, 9)], ""],
  ["half closed: RST_STREAM", [begin, complete, rst(1, 0)], ""],
  ["ended: DATA", [ask, complete, data(1, "x")], "goaway 5"],
  ["ended: HEADERS", [ask, complete, complete], "goaway 5"],
  ["ended: RST_STREAM", [ask, complete, rst(1)], ""],
  ["ended: WINDOW_UPDATE", [ask, complete, update(1, 1)], ""],
  ["reset by the peer: DATA", [ask, rst(1), data(1, "x")], "goaway 5"],
  ["reset by the peer: HEADERS", [ask, rst(1), complete], "goaway 5"],
  ["reset by us: an answer, its data and trailers", [ask, giveUp, ok, data(1, "x"), headers(1, ["a", "b"])], "rst 1 8"],
  ["reset by us: RST_STREAM", [ask, giveUp, rst(1)], "rst 1 8"],
  ["reset by us: DATA above 2^14", [ask, giveUp, data(1, 16_385)], "rst 1 8, goaway 6"],
];

const lengths: readonly Row[] = [
  ["fewer bytes than announced", [ask, ok, expecting(3), data(1, "xx", endStream)], "rst 1 1"],
  ["more bytes than announced", [ask, ok, expecting(3), data(1, "xxxx")], "rst 1 1"],
  ["as many as announced", [ask, ok, expecting(3), data(1, "xxx", endStream)], ""],
  [
    "as many as announced, with padding",
    [ask, ok, expecting(1), frame(types.data, padded | endStream, 1, Buffer.from([1, 120, 0]))],
    "",
  ],
];

const leaving: readonly Row[] = [
  ["GOAWAY with a stream of ours", [ask, goaway(1)], ""],
  ["GOAWAY with 2^31-1, then the last one", [ask, goaway(2 ** 31 - 1), goaway(1), complete], ""],
  ["GOAWAY with a higher stream than before", [ask, ask, goaway(1), goaway(3)], "goaway 1"],
  ["GOAWAY with an even stream", [ask, goaway(2)], "goaway 1"],
  ["GOAWAY with an error", [ask, goaway(0, 11)], ""],
];

describe("a server's frames, stream numbers (§5.1.1):", () => rows("client", "nothing", numbers));
describe("a server's answers (§8.1):", () => rows("client", "nothing", answers));
describe("a server's frames, states of streams (§5.1):", () => rows("client", "nothing", states));
describe("lengths of answers (§8.1.1):", () => rows("client", "nothing", lengths));
describe("a server that leaves (§6.8):", () => rows("client", "nothing", leaving));

describe("a client", () => {
  const told = (half: Half, ...frames: readonly Buffer[]) => {
    for (const bytes of frames) half.session.receive(bytes, 0, bytes.length);
  };

  test("is told which requests the server certainly did not act on", () => {
    const half = new Half("client");
    told(half, settings());
    const logs = [ask(half), ask(half), ask(half)];
    told(half, rst(3, 7), goaway(3));
    assert.deepEqual(
      logs.map(({ events }) => events),
      [[], ["reset 7 unprocessed"], ["reset 7 unprocessed"]],
    );
    assert.equal(half.session.openStreams, 1);
    assert.ok(half.session.draining);
  });

  test("opens as many streams as the server allows, and no more after its settings shrink", () => {
    const half = new Half("client");
    assert.equal(half.session.room, 100);
    told(half, settings([3, 2]));
    ask(half);
    assert.equal(half.session.room, 1);
    ask(half);
    assert.equal(half.session.room, 0);
    assert.equal(ask(half).stream, undefined);
    told(half, settings([3, 1]));
    assert.equal(half.session.room, 0);
    told(half, complete);
    assert.equal(half.session.room, 0);
    told(half, headers(3, [":status", "200"]));
    assert.equal(half.session.room, 1);
  });

  test("learns that the server takes extended CONNECT", () => {
    const half = new Half("client");
    assert.equal(half.session.peerConnects, false);
    told(half, settings([8, 1]));
    assert.equal(half.session.peerConnects, true);
  });
});
