import { describe } from "node:test";
import { frameTypes as types } from "./frame.ts";
import {
  ack,
  block,
  continuation,
  data,
  endHeaders,
  endStream,
  frame,
  goaway,
  headers,
  padded,
  ping,
  prioritized,
  priority,
  rst,
  settings,
  settingsAck,
  update,
  whole,
  word,
} from "./frames-fixture.ts";
import { get, post, type Half } from "./session-fixture.ts";
import { rows, type Row } from "./strict-fixture.ts";

const unknown = 0xbe;
/** Requests, complete and not. */
const asked = headers(1, get);
const open = headers(1, post, endHeaders);
/** What our own side does between frames, on the first stream. */
const answered = (half: Half) => half.streams[0]?.stream?.head([":status", "200"], true);

const starts: readonly Row[] = [
  ["another preface", [Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r")], "goaway 1"],
  ["a request of HTTP/1.1", [Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n")], "goaway 1"],
  ["one wrong byte", [Buffer.from("X")], "goaway 1"],
];

const firsts: readonly Row[] = [
  ["PING", [ping()], "goaway 1"],
  ["HEADERS", [asked], "goaway 1"],
  ["an acknowledgement", [settingsAck], "goaway 1"],
  ["an unknown frame", [frame(unknown, 0, 0)], "goaway 1"],
  ["WINDOW_UPDATE", [update(0, 1)], "goaway 1"],
  ["SETTINGS", [settings()], ""],
  ["SETTINGS on a stream", [frame(types.settings, 0, 1)], "goaway 1"],
];

const sizes: readonly Row[] = [
  ["DATA above 2^14", [open, data(1, 16_385)], "goaway 6"],
  ["DATA of 2^14", [open, data(1, 16_384)], ""],
  ["HEADERS above 2^14", [frame(types.headers, whole, 1, 16_385)], "goaway 6"],
  ["CONTINUATION above 2^14", [headers(1, get, endStream), continuation(1, 16_385)], "goaway 6"],
  ["SETTINGS above 2^14", [frame(types.settings, 0, 0, 16_386)], "goaway 6"],
  ["GOAWAY above 2^14", [frame(types.goaway, 0, 0, 16_385)], "goaway 6"],
  ["an unknown frame above 2^14", [frame(unknown, 0, 0, 16_385)], "goaway 6"],
  ["an unknown frame of 2^14", [frame(unknown, 0, 0, 16_384)], ""],
  ["SETTINGS of 5", [frame(types.settings, 0, 0, 5)], "goaway 6"],
  ["SETTINGS of 7", [frame(types.settings, 0, 0, 7)], "goaway 6"],
  ["an acknowledgement with an entry", [frame(types.settings, ack, 0, 6)], "goaway 6"],
  ["PING of 7", [frame(types.ping, 0, 0, 7)], "goaway 6"],
  ["PING of 9", [frame(types.ping, 0, 0, 9)], "goaway 6"],
  ["PING of 0", [frame(types.ping, ack, 0)], "goaway 6"],
  ["RST_STREAM of 3", [open, frame(types.rstStream, 0, 1, 3)], "goaway 6"],
  ["RST_STREAM of 5", [open, frame(types.rstStream, 0, 1, 5)], "goaway 6"],
  ["WINDOW_UPDATE of 3", [frame(types.windowUpdate, 0, 0, 3)], "goaway 6"],
  ["WINDOW_UPDATE of 5 on a stream", [open, frame(types.windowUpdate, 0, 1, 5)], "goaway 6"],
  ["GOAWAY of 7", [frame(types.goaway, 0, 0, 7)], "goaway 6"],
  ["PRIORITY of 4 on an open stream", [open, frame(types.priority, 0, 1, 4)], "rst 1 6"],
  ["PRIORITY of 6 on an open stream", [open, frame(types.priority, 0, 1, 6)], "rst 1 6"],
  ["PRIORITY of 4 on an idle stream", [frame(types.priority, 0, 1, 4)], "goaway 6"],
  ["padded DATA of 0", [open, frame(types.data, padded, 1)], "goaway 6"],
  ["padded HEADERS of 0", [frame(types.headers, whole | padded, 1)], "goaway 6"],
  ["HEADERS of 4 with a priority", [frame(types.headers, whole | prioritized, 1, 4)], "goaway 6"],
  ["HEADERS of 5 with padding and priority", [frame(types.headers, whole | padded | prioritized, 1, 5)], "goaway 6"],
];

const numbers: readonly Row[] = [
  ["DATA on 0", [data(0, "x")], "goaway 1"],
  ["HEADERS on 0", [headers(0, get)], "goaway 1"],
  ["PRIORITY on 0", [priority(0, 1)], "goaway 1"],
  ["RST_STREAM on 0", [rst(0)], "goaway 1"],
  ["CONTINUATION on 0", [continuation(0, 1)], "goaway 1"],
  ["SETTINGS on 1", [frame(types.settings, 0, 1)], "goaway 1"],
  ["PING on 1", [frame(types.ping, 0, 1, 8)], "goaway 1"],
  ["GOAWAY on 1", [frame(types.goaway, 0, 1, 8)], "goaway 1"],
  ["WINDOW_UPDATE on 0", [update(0, 1)], ""],
  ["HEADERS on an even stream", [headers(2, get)], "goaway 1"],
  ["HEADERS below a stream before", [headers(5, get), headers(3, get)], "goaway 1"],
  ["HEADERS once more", [asked, answered, headers(1, get)], "goaway 5"],
  ["HEADERS with the reserved bit", [frame(types.headers, whole, 0x8000_0001, block(get))], ""],
  ["numbers left out", [headers(1, get), headers(9, get)], ""],
  ["PING with the reserved bit", [frame(types.ping, 0, 0x8000_0000, 8)], ""],
  ["PUSH_PROMISE", [open, frame(types.pushPromise, endHeaders, 1, 8)], "goaway 1"],
];

const blocks: readonly Row[] = [
  ...(
    [
      ["DATA", data(1, "x")],
      ["HEADERS", asked],
      ["HEADERS of another stream", headers(3, get)],
      ["PRIORITY", priority(1, 3)],
      ["RST_STREAM", rst(1)],
      ["SETTINGS", settings()],
      ["PING", ping()],
      ["GOAWAY", goaway(0)],
      ["WINDOW_UPDATE", update(0, 1)],
      ["an unknown frame", frame(unknown, 0, 1)],
      ["CONTINUATION of another stream", continuation(3, block(get))],
    ] as const
  ).map(([what, between]): Row => [`${what} within a block`, [headers(1, get, endStream), between], "goaway 1"]),
  ["CONTINUATION behind a whole block", [open, continuation(1, 1)], "goaway 1"],
  [
    "a block in three frames",
    [
      frame(types.headers, endStream, 1, block(get).subarray(0, 2)),
      continuation(1, block(get).subarray(2, 4), 0),
      continuation(1, block(get).subarray(4)),
    ],
    "",
  ],
  ["a block that begins empty", [frame(types.headers, endStream, 1), continuation(1, block(get))], ""],
  ["a block that ends empty", [headers(1, get, endStream), continuation(1, 0)], ""],
  ["END_STREAM on CONTINUATION means nothing", [headers(1, post, 0), continuation(1, 0, whole), data(1, "x")], ""],
  ["an index that is not there", [frame(types.headers, whole, 1, Buffer.from([0xfe]))], "goaway 9"],
  ["an index of 0", [frame(types.headers, whole, 1, Buffer.from([0x80]))], "goaway 9"],
  ["a block cut short", [frame(types.headers, whole, 1, block(["name", "value"]).subarray(0, 3))], "goaway 9"],
  ["a table larger than allowed", [frame(types.headers, whole, 1, Buffer.from([0x3f, 0xe2, 0x1f]))], "goaway 9"],
  ["trailers that HPACK cannot read", [open, frame(types.headers, whole, 1, Buffer.from([0x80]))], "goaway 9"],
  [
    "HEADERS that depend on themselves",
    [frame(types.headers, whole | prioritized, 1, Buffer.concat([word(1), Buffer.from([0]), block(get)]))],
    "rst 1 1",
  ],
  [
    "HEADERS that depend on another",
    [frame(types.headers, whole | prioritized, 1, Buffer.concat([word(0x8000_0003), Buffer.from([0]), block(get)]))],
    "",
  ],
  [
    "trailers that depend on themselves",
    [open, frame(types.headers, whole | prioritized, 1, Buffer.concat([word(1), Buffer.from([0]), block(["a", "b"])]))],
    "rst 1 1",
  ],
  ["PRIORITY that depends on itself", [open, priority(1, 1)], "rst 1 1"],
  ["PRIORITY of an idle stream that depends on itself", [priority(1, 1)], "goaway 1"],
];

const paddings: readonly Row[] = [
  ["as long as DATA", [open, frame(types.data, padded, 1, Buffer.from([1]))], "goaway 1"],
  ["longer than DATA", [open, frame(types.data, padded, 1, Buffer.from([9, 1, 1]))], "goaway 1"],
  ["all of DATA", [open, frame(types.data, padded | endStream, 1, Buffer.from([2, 0, 0]))], ""],
  ["none in padded DATA", [open, frame(types.data, padded, 1, Buffer.from([0, 120]))], ""],
  ["longer than HEADERS", [frame(types.headers, whole | padded, 1, Buffer.from([3, 0x82, 0]))], "goaway 1"],
  [
    "longer than HEADERS behind their priority",
    [frame(types.headers, whole | padded | prioritized, 1, Buffer.from([1, 0, 0, 0, 0, 0]))],
    "goaway 1",
  ],
  [
    "behind HEADERS",
    [frame(types.headers, whole | padded, 1, Buffer.concat([Buffer.from([2]), block(get), Buffer.alloc(2)]))],
    "",
  ],
];

const settingsRows: readonly Row[] = [
  ["push 2", [settings([2, 2])], "goaway 1"],
  ["push 1 from a client", [settings([2, 1])], ""],
  ["a window of 2^31", [settings([4, 2 ** 31])], "goaway 3"],
  ["a window of 2^31-1", [settings([4, 2 ** 31 - 1])], ""],
  ["a window of 0", [settings([4, 0])], ""],
  ["a frame size below 2^14", [settings([5, 16_383])], "goaway 1"],
  ["a frame size of 2^24", [settings([5, 2 ** 24])], "goaway 1"],
  ["a frame size of 2^24-1", [settings([5, 2 ** 24 - 1])], ""],
  ["extended CONNECT 2", [settings([8, 2])], "goaway 1"],
  ["extended CONNECT taken back", [settings([8, 1], [8, 0])], "goaway 1"],
  ["no priorities 2", [settings([9, 2])], "goaway 1"],
  ["unknown ones", [settings([0, 1], [0xff, 7], [0xffff, 0xffff_ffff])], ""],
  ["a fault behind good ones", [settings([1, 0], [3, 0], [4, 1], [2, 7])], "goaway 1"],
  ["more than anyone has", [settings(...Array.from({ length: 33 }, () => [0xff, 1] as const))], "goaway 11"],
  ["acknowledged twice", [settingsAck, settingsAck], "goaway 1"],
  [
    "a stream's window above 2^31-1 by a new one",
    [asked, update(1, 2 ** 31 - 1 - 65_535), settings([4, 65_536])],
    "goaway 3",
  ],
  ["a stream's window below 0 by a new one", [asked, settings([4, 0])], ""],
];

describe("a server's start:", () => rows("server", "nothing", starts));
describe("a client's first frame:", () => rows("server", "preface", firsts));
describe("sizes of frames (RFC 9113 §4.2, §6):", () => rows("server", "settings", sizes));
describe("stream numbers (§5.1.1, §6):", () => rows("server", "settings", numbers));
describe("field blocks (§4.3, §6.2, §6.10):", () => rows("server", "settings", blocks));
describe("padding (§6.1, §6.2):", () => rows("server", "settings", paddings));
describe("settings (§6.5):", () => rows("server", "settings", settingsRows));
