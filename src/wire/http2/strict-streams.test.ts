import { describe } from "node:test";
import { frameTypes as types } from "./frame.ts";
import {
  block,
  continuation,
  data,
  endHeaders,
  endStream,
  frame,
  goaway,
  headers,
  padded,
  priority,
  rst,
  update,
  whole,
} from "./frames-fixture.ts";
import { get, post, type Half } from "./session-fixture.ts";
import { rows, type Row } from "./strict-fixture.ts";

const unknown = 0xbe;
/** Requests, complete and not. */
const asked = headers(1, get);
const open = headers(1, post, endHeaders);
/** What our own side does between frames, on the first stream. */
const answered = (half: Half) => half.streams[0]?.stream?.head([":status", "200"], true);
const weReset = (half: Half) => half.streams[0]?.stream?.reset(8);
const expecting = (length: number) => (half: Half) => {
  half.answer = (stream) => void stream.expect(length);
};

const states: readonly Row[] = [
  ["idle: DATA", [data(1, "x")], "goaway 1"],
  ["idle: RST_STREAM", [rst(1)], "goaway 1"],
  ["idle: WINDOW_UPDATE", [update(1, 1)], "goaway 1"],
  ["idle: WINDOW_UPDATE on an even stream", [update(2, 1)], "goaway 1"],
  ["idle: CONTINUATION", [continuation(1, block(get))], "goaway 1"],
  ["idle: PRIORITY", [priority(1, 3)], ""],
  ["idle: an unknown frame", [frame(unknown, 0xff, 7, 9)], ""],
  ["open: DATA, then the end", [open, data(1, "x"), data(1, "", endStream)], ""],
  ["open: WINDOW_UPDATE", [open, update(1, 1)], ""],
  ["open: RST_STREAM", [open, rst(1)], ""],
  ["half closed: DATA", [asked, data(1, "x")], "rst 1 5"],
  ["half closed: HEADERS", [asked, headers(1, get)], "rst 1 5"],
  ["half closed: trailers", [open, data(1, "x", endStream), headers(1, ["a", "b"])], "rst 1 5"],
  ["half closed: WINDOW_UPDATE", [asked, update(1, 1)], ""],
  ["half closed: PRIORITY", [asked, priority(1, 3)], ""],
  ["half closed: RST_STREAM", [asked, rst(1)], ""],
  ["half closed: CONTINUATION", [asked, continuation(1, 1)], "goaway 1"],
  ["ended: DATA", [asked, answered, data(1, "x")], "goaway 5"],
  ["ended: HEADERS", [asked, answered, headers(1, ["a", "b"])], "goaway 5"],
  ["ended: CONTINUATION", [asked, answered, continuation(1, 1)], "goaway 1"],
  ["ended: WINDOW_UPDATE", [asked, answered, update(1, 1)], ""],
  ["ended: WINDOW_UPDATE of 0", [asked, answered, update(1, 0)], ""],
  ["ended: RST_STREAM", [asked, answered, rst(1)], ""],
  ["ended: PRIORITY", [asked, answered, priority(1, 3)], ""],
  ["reset by the peer: DATA", [open, rst(1), data(1, "x")], "goaway 5"],
  ["reset by the peer: HEADERS", [open, rst(1), headers(1, ["a", "b"])], "goaway 5"],
  ["reset by the peer: WINDOW_UPDATE", [open, rst(1), update(1, 1)], ""],
  ["reset by the peer: RST_STREAM", [open, rst(1), rst(1)], ""],
  ["reset by us: DATA", [open, weReset, data(1, "x"), data(1, "y", endStream)], "rst 1 8"],
  ["reset by us: trailers", [open, weReset, headers(1, ["a", "b"])], "rst 1 8"],
  ["reset by us: WINDOW_UPDATE", [open, weReset, update(1, 1)], "rst 1 8"],
  ["reset by us: RST_STREAM", [open, weReset, rst(1)], "rst 1 8"],
  [
    "reset by us: a block that HPACK cannot read",
    [open, weReset, frame(types.headers, whole, 1, 1)],
    "rst 1 8, goaway 9",
  ],
  ["left out: DATA", [headers(5, get), data(3, "x")], "goaway 5"],
  ["left out: WINDOW_UPDATE", [headers(5, get), update(3, 1)], ""],
];

const unread = (half: Half) => {
  half.answer = (_stream, log) => void (log.consumes = false);
};
/** All of a stream's window but one octet. */
const nearly = [...Array.from({ length: 3 }, () => data(1, 16_384)), data(1, 16_382)];
const windows: readonly Row[] = [
  ["DATA up to the stream's window", [unread, open, ...nearly, data(1, 1)], ""],
  ["DATA above it", [unread, open, ...nearly, data(1, 2)], "rst 1 3"],
  ["padding above it", [unread, open, ...nearly, frame(types.data, padded, 1, Buffer.alloc(2))], "rst 1 3"],
  ["WINDOW_UPDATE of 0 on a stream", [open, update(1, 0)], "rst 1 1"],
  ["WINDOW_UPDATE of 0 on the connection", [update(0, 0)], "goaway 1"],
  ["WINDOW_UPDATE of 0 but for the reserved bit", [open, update(1, 0x8000_0000)], "rst 1 1"],
  ["the connection above 2^31-1", [update(0, 2 ** 31 - 65_535)], "goaway 3"],
  ["the connection at 2^31-1", [update(0, 2 ** 31 - 1 - 65_535)], ""],
  ["a stream above 2^31-1", [open, update(1, 2 ** 31 - 65_535)], "rst 1 3"],
  ["a stream at 2^31-1", [open, update(1, 2 ** 31 - 1 - 65_535)], ""],
  ["a stream above 2^31-1 in two steps", [open, update(1, 2 ** 30), update(1, 2 ** 30)], "rst 1 3"],
];

const lengths: readonly Row[] = [
  ["fewer bytes than announced", [expecting(3), open, data(1, "xx", endStream)], "rst 1 1"],
  ["more bytes than announced", [expecting(3), open, data(1, "xx"), data(1, "xx")], "rst 1 1"],
  ["as many as announced", [expecting(3), open, data(1, "xx"), data(1, "x", endStream)], ""],
  ["no bytes, announced", [expecting(0), open, data(1, "", endStream)], ""],
  ["a byte, none announced", [expecting(0), open, data(1, "x")], "rst 1 1"],
  ["no body at all, bytes announced", [expecting(3), asked], "rst 1 1"],
  ["trailers too early", [expecting(3), open, data(1, "xx"), headers(1, ["a", "b"])], "rst 1 1"],
  ["trailers in time", [expecting(2), open, data(1, "xx"), headers(1, ["a", "b"])], ""],
  [
    "padding is not counted",
    [expecting(1), open, frame(types.data, padded | endStream, 1, Buffer.from([2, 120, 0, 0]))],
    "",
  ],
];

const trailers: readonly Row[] = [
  ["without END_STREAM", [open, headers(1, ["a", "b"], endHeaders)], "rst 1 1"],
  ["with a pseudo-field", [open, headers(1, ["a", "b", ":path", "/"])], "rst 1 1"],
  ["with :status", [open, headers(1, [":status", "200"])], "rst 1 1"],
  ["with an upper-case name", [open, frame(types.headers, whole, 1, Buffer.from("\0\x01A\x01b", "latin1"))], "rst 1 1"],
  ["with a field of one connection", [open, headers(1, ["connection", "close"])], "rst 1 1"],
  ["too large", [open, headers(1, ["a", "b".repeat(16_000), ...Array.from({ length: 220 }, () => "x")])], "rst 1 11"],
  ["behind data", [open, data(1, "x"), headers(1, ["a", "b"])], ""],
  ["in two frames", [open, headers(1, ["a", "b"], endStream), continuation(1, 0)], ""],
];

const leaving: readonly Row[] = [
  ["GOAWAY from a client", [goaway(0)], ""],
  ["GOAWAY from a client with 2^31-1", [goaway(2 ** 31 - 1)], ""],
  ["GOAWAY with a stream of the client's own", [goaway(1)], "goaway 1"],
  ["GOAWAY with a higher stream than before", [goaway(0), goaway(2)], "goaway 1"],
  ["GOAWAY with a lower stream than before", [goaway(4), goaway(2)], ""],
  [
    "requests and their data after our last stream",
    [asked, (half) => half.session.finishDrain(), headers(3, post, endHeaders), data(3, "x"), headers(3, ["a", "b"])],
    "goaway 0",
  ],
  [
    "DATA on an idle stream after our last stream",
    [asked, (half) => half.session.finishDrain(), data(5, "x")],
    "goaway 0, goaway 1",
  ],
  ["requests while our first GOAWAY is on its way", [(half) => half.session.drain(), asked], "goaway 0"],
];

const many = (count: number) => Array.from({ length: count }, (_, index) => headers(index * 2 + 1, get));

const counts: readonly Row[] = [
  ["a hundred streams", many(100), ""],
  ["one more", many(101), "rst 201 7"],
  [
    "one more that HPACK cannot read",
    [...many(100), frame(types.headers, whole, 201, Buffer.from([0x80]))],
    "goaway 9",
  ],
  ["one more, once another has ended", [...many(100), answered, headers(201, get)], ""],
];

describe("states of streams (§5.1):", () => rows("server", "settings", states));
describe("windows (§6.9):", () => rows("server", "settings", windows));
describe("lengths of bodies (§8.1.1):", () => rows("server", "settings", lengths));
describe("trailers (§8.1):", () => rows("server", "settings", trailers));
describe("leaving (§6.8):", () => rows("server", "settings", leaving));
describe("concurrent streams (§5.1.2):", () => rows("server", "settings", counts));
