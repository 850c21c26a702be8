import {
  ack,
  block,
  continuation,
  data,
  endHeaders,
  endStream,
  frame,
  get,
  goaway,
  headers,
  open,
  padded,
  ping,
  prioritized,
  priority,
  request,
  rst,
  settings,
  types,
  update,
  whole,
  word,
} from "../frames.ts";
import { held, hex, posting, type Row } from "../row.ts";

const { unknown } = types;
const asked = block(request("GET", "/held"));

/** What the head of a frame alone may not say (RFC 9113 §4.2, §5.1.1, §6). */
const heads: readonly Row[] = [
  ["DATA of 2^14+1", [posting, data(1, 16_385)], "goaway 6"],
  ["HEADERS of 2^14+1", [frame(types.headers, whole, 1, 16_385)], "goaway 6"],
  ["trailers of 2^14+1", [posting, frame(types.headers, whole, 1, 16_385)], "goaway 6"],
  ["CONTINUATION of 2^14+1", [headers(1, request("GET", "/"), 1), continuation(1, 16_385)], "goaway 6"],
  ["PRIORITY of 2^14+1", [posting, frame(types.priority, 0, 1, 16_385)], "goaway 6"],
  ["SETTINGS of 2^14+2", [frame(types.settings, 0, 0, 16_386)], "goaway 6"],
  ["PING of 2^14+1", [frame(types.ping, 0, 0, 16_385)], "goaway 6"],
  ["GOAWAY of 2^14+1", [frame(types.goaway, 0, 0, 16_385)], "goaway 6"],
  ["an unknown frame of 2^14+1", [frame(unknown, 0, 0, 16_385)], "goaway 6"],
  ["a frame of 2^24-1 that never comes", [frame(types.data, 0, 1).fill(0xff, 0, 3)], "goaway 6"],
  ["an unknown frame of 2^14", [frame(unknown, 0xff, 0, 16_384)], ""],
  ["an unknown frame on an idle stream", [frame(unknown, 0xff, 77, 5)], ""],
  ["an unknown frame on an even stream", [frame(unknown, 0xff, 2, 5)], ""],
  ["frames of each unknown type", [Buffer.concat(range(10, 256).map((type) => frame(type, 0, 0, 1)))], ""],
  ["unknown flags on PING", [frame(types.ping, 0xfe, 0, 8)], ""],
  ["unknown flags on SETTINGS", [frame(types.settings, 0xfe, 0)], ""],
  ["unknown flags on DATA", [posting, frame(types.data, 0xf6, 1, "a")], ""],
  ["unknown flags on RST_STREAM", [posting, frame(types.rstStream, 0xff, 1, 4)], ""],
  ["unknown flags on WINDOW_UPDATE", [posting, frame(types.windowUpdate, 0xff, 1, word(1))], ""],
  ["the reserved bit before a stream's number", [frame(types.headers, whole, 0x8000_0001, asked)], ""],
  ["the reserved bit of the connection", [frame(types.ping, 0, 0x8000_0000, 8)], ""],
  ["the reserved bit of a window", [update(0, 0x8000_0001)], ""],
  ["SETTINGS of 1", [frame(types.settings, 0, 0, 1)], "goaway 6"],
  ["SETTINGS of 5", [frame(types.settings, 0, 0, 5)], "goaway 6"],
  ["SETTINGS of 7", [frame(types.settings, 0, 0, 7)], "goaway 6"],
  ["SETTINGS acknowledged with an entry", [frame(types.settings, ack, 0, 6)], "goaway 6"],
  ["PING of 0", [frame(types.ping, 0, 0)], "goaway 6"],
  ["PING of 7", [frame(types.ping, 0, 0, 7)], "goaway 6"],
  ["PING of 9", [frame(types.ping, ack, 0, 9)], "goaway 6"],
  ["RST_STREAM of 0", [posting, frame(types.rstStream, 0, 1)], "goaway 6"],
  ["RST_STREAM of 3", [posting, frame(types.rstStream, 0, 1, 3)], "goaway 6"],
  ["RST_STREAM of 5", [posting, frame(types.rstStream, 0, 1, 5)], "goaway 6"],
  ["WINDOW_UPDATE of 3", [frame(types.windowUpdate, 0, 0, 3)], "goaway 6"],
  ["WINDOW_UPDATE of 5 on a stream", [posting, frame(types.windowUpdate, 0, 1, 5)], "goaway 6"],
  ["GOAWAY of 7", [frame(types.goaway, 0, 0, 7)], "goaway 6"],
  ["PRIORITY of 4", [posting, frame(types.priority, 0, 1, 4)], "rst 1 6"],
  ["PRIORITY of 6", [posting, frame(types.priority, 0, 1, 6)], "rst 1 6"],
  ["PRIORITY of 0 on an idle stream", [frame(types.priority, 0, 1)], "goaway 6"],
  ["padded DATA of 0", [posting, frame(types.data, padded, 1)], "goaway 6"],
  ["padded HEADERS of 0", [frame(types.headers, whole | padded, 1)], "goaway 6"],
  ["HEADERS of 4 with a priority", [frame(types.headers, whole | prioritized, 1, 4)], "goaway 6"],
  ["HEADERS of 5 with padding and priority", [frame(types.headers, whole | padded | prioritized, 1, 5)], "goaway 6"],
  ["DATA on 0", [data(0, "x")], "goaway 1"],
  ["HEADERS on 0", [get(0)], "goaway 1"],
  ["PRIORITY on 0", [priority(0, 1)], "goaway 1"],
  ["RST_STREAM on 0", [rst(0)], "goaway 1"],
  ["CONTINUATION on 0", [continuation(0, 1)], "goaway 1"],
  ["SETTINGS on 1", [frame(types.settings, 0, 1)], "goaway 1"],
  ["SETTINGS acknowledged on 1", [frame(types.settings, ack, 1)], "goaway 1"],
  ["PING on 1", [frame(types.ping, 0, 1, 8)], "goaway 1"],
  ["GOAWAY on 1", [frame(types.goaway, 0, 1, 8)], "goaway 1"],
  ["HEADERS on 2", [get(2)], "goaway 1"],
  ["HEADERS below a stream before", [get(5), get(3)], "goaway 1"],
  ["numbers left out", [get(1), get(201)], ""],
  ["PUSH_PROMISE", [posting, frame(types.pushPromise, endHeaders, 1, 8)], "goaway 1"],
  ["PUSH_PROMISE on 0", [frame(types.pushPromise, endHeaders, 0, 8)], "goaway 1"],
];

/** Within a field block nothing else may come (§4.3, §6.10). */
const interruptions: readonly Row[] = (
  [
    ["DATA", data(1, "x")],
    ["DATA of another stream", data(3, "x")],
    ["HEADERS", get(1)],
    ["HEADERS of another stream", get(3)],
    ["PRIORITY", priority(1, 3)],
    ["RST_STREAM", rst(1)],
    ["SETTINGS", settings()],
    ["an acknowledgement", frame(types.settings, ack, 0)],
    ["PING", ping()],
    ["GOAWAY", goaway(0)],
    ["WINDOW_UPDATE", update(0, 1)],
    ["an unknown frame", frame(unknown, 0, 1)],
    ["CONTINUATION of another stream", continuation(3, 1)],
  ] as const
).flatMap(([what, between]): Row[] => [
  [`${what} within a request's block`, [headers(1, request("GET", "/"), endStream), between], "goaway 1"],
  [`${what} within trailers`, [posting, headers(1, ["a", "b"], endStream), between], "goaway 1"],
]);

const blocks: readonly Row[] = [
  ["CONTINUATION behind a whole block", [held, continuation(1, 1)], "goaway 1"],
  ["CONTINUATION behind DATA", [posting, data(1, "x"), continuation(1, 1)], "goaway 1"],
  ["CONTINUATION on an idle stream", [continuation(1, asked)], "goaway 1"],
  ["a block of one octet a frame", octets(asked.subarray(0, 15), asked.subarray(15)), ""],
  ["a block in a hundred frames", octets(asked, block(["x", "y".repeat(60)])), "goaway 11"],
  ["a block that begins empty", [frame(types.headers, endStream, 1), continuation(1, asked)], ""],
  ["a block that ends empty", [headers(1, request("GET", "/held"), endStream), continuation(1, 0)], ""],
  ["END_STREAM on CONTINUATION", [headers(1, request("POST", "/"), 0), continuation(1, 0, whole), data(1, "x")], ""],
  ["padding on CONTINUATION", [headers(1, request("GET", "/held"), 1), continuation(1, 0, 0xfe)], ""],
  ["HEADERS that depend on themselves", [dependent(1, whole)], "rst 1 1"],
  ["HEADERS that depend on another", [dependent(0x8000_0003, whole)], ""],
  ["trailers that depend on themselves", [posting, dependent(1, whole, block(["a", "b"]))], "rst 1 1"],
  ["PRIORITY that depends on itself", [posting, priority(1, 1)], "rst 1 1"],
  ["PRIORITY of an idle stream that depends on itself", [priority(1, 1)], "goaway 1"],
  ["padding as long as DATA", [posting, frame(types.data, padded, 1, hex("01"))], "goaway 1"],
  ["padding longer than DATA", [posting, frame(types.data, padded, 1, hex("ff 00 00"))], "goaway 1"],
  ["padding that is all of DATA", [posting, frame(types.data, padded | endStream, 1, hex("02 00 00"))], ""],
  ["padding that is not zeros", [posting, frame(types.data, padded | endStream, 1, hex("02 01 ff"))], ""],
  ["padding longer than HEADERS", [frame(types.headers, whole | padded, 1, hex("03 82 00"))], "goaway 1"],
  [
    "padding longer than HEADERS behind their priority",
    [frame(types.headers, whole | padded | prioritized, 1, hex("01 00000000 00"))],
    "goaway 1",
  ],
  [
    "padding behind HEADERS",
    [frame(types.headers, whole | padded, 1, Buffer.concat([hex("02"), asked, hex("0000")]))],
    "",
  ],
];

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** HEADERS of nothing, then a frame for each octet, then the rest. */
function octets(each: Buffer, rest: Buffer): readonly Buffer[] {
  const frames = Array.from(each, (octet) => continuation(1, Buffer.from([octet]), 0));
  return [frame(types.headers, endStream, 1), ...frames, continuation(1, rest)];
}

function dependent(on: number, flags: number, fields = asked): Buffer {
  return frame(types.headers, flags | prioritized, 1, Buffer.concat([word(on), hex("00"), fields]));
}

const settingsRows: readonly Row[] = [
  ["push 2", [settings([2, 2])], "goaway 1"],
  ["push 1 from a client", [settings([2, 1])], ""],
  ["a window of 2^31", [settings([4, 2 ** 31])], "goaway 3"],
  ["a window of 2^31-1", [settings([4, 2 ** 31 - 1])], ""],
  ["a frame size of 2^14-1", [settings([5, 16_383])], "goaway 1"],
  ["a frame size of 2^24", [settings([5, 2 ** 24])], "goaway 1"],
  ["a frame size of 2^24-1", [settings([5, 2 ** 24 - 1])], ""],
  ["no table", [settings([1, 0])], ""],
  ["a table of 2^32-1", [settings([1, 2 ** 32 - 1])], ""],
  ["no streams for us", [settings([3, 0])], ""],
  ["a list of 0", [settings([6, 0])], ""],
  ["extended CONNECT 2", [settings([8, 2])], "goaway 1"],
  ["extended CONNECT taken back", [settings([8, 1], [8, 0])], "goaway 1"],
  ["no priorities 2", [settings([9, 2])], "goaway 1"],
  ["unknown ones", [settings([0, 1], [7, 7], [0xffff, 0xffff_ffff])], ""],
  ["one many times", [settings(...range(0, 30).map((value) => [4, 65_535 + value] as const))], ""],
  ["a fault behind good ones", [settings([1, 0], [3, 0], [2, 7])], "goaway 1"],
  ["more than anyone has", [settings(...range(0, 33).map(() => [0xff, 1] as const))], "goaway 11"],
  ["acknowledged", [frame(types.settings, ack, 0)], ""],
  ["acknowledged twice", [frame(types.settings, ack, 0), frame(types.settings, ack, 0)], "goaway 1"],
  [
    "a stream's window above 2^31-1 by new ones",
    [held, update(1, 2 ** 31 - 65_536), settings([4, 65_536])],
    "goaway 3",
  ],
  ["a stream's window below 0 by new ones", [held, settings([4, 0]), settings([4, 65_535])], ""],
];

const named = (what: string, rows: readonly Row[]): Row[] =>
  rows.map(([rule, ...rest]) => [`${what}: ${rule}`, ...rest]);

export const frameRows: readonly Row[] = [
  ...heads,
  ...interruptions,
  ...blocks,
  ...named("SETTINGS", settingsRows),
  ["two requests in one go", [get(1), open(3), data(3, "abc", endStream)], ""],
];
