import {
  continuation,
  data,
  endHeaders,
  endStream,
  frame,
  get,
  goaway,
  headers,
  padded,
  priority,
  request,
  rst,
  settings,
  types,
  update,
} from "../frames.ts";
import { answered, held, hex, posting, resetByUs, type Row } from "../row.ts";

/** What may come on a stream in which state (RFC 9113 §5.1). */
const states: readonly Row[] = [
  ["idle: DATA", [data(1, "x")], "goaway 1"],
  ["idle: empty DATA", [data(1, "", endStream)], "goaway 1"],
  ["idle: RST_STREAM", [rst(1)], "goaway 1"],
  ["idle: WINDOW_UPDATE", [update(1, 1)], "goaway 1"],
  ["idle: WINDOW_UPDATE on an even stream", [update(2, 1)], "goaway 1"],
  ["idle: PRIORITY", [priority(1, 3)], ""],
  ["idle: PRIORITY on an even stream", [priority(2, 3)], ""],
  ["open: WINDOW_UPDATE", [posting, update(1, 1)], ""],
  ["open: RST_STREAM", [posting, rst(1)], ""],
  ["open: RST_STREAM of an unknown code", [posting, rst(1, 0xffff_ffff)], ""],
  ["half closed: DATA", [held, data(1, "x")], "rst 1 5"],
  ["half closed: empty DATA", [held, data(1, "", endStream)], "rst 1 5"],
  ["half closed: HEADERS", [held, get(1)], "rst 1 5"],
  ["half closed: trailers", [posting, data(1, "x", endStream), headers(1, ["a", "b"])], "rst 1 5"],
  ["half closed: WINDOW_UPDATE", [held, update(1, 1)], ""],
  ["half closed: PRIORITY", [held, priority(1, 3)], ""],
  ["half closed: RST_STREAM", [held, rst(1)], ""],
  ["ended: DATA", [...answered, data(1, "x")], "goaway 5"],
  ["ended: HEADERS", [...answered, headers(1, ["a", "b"])], "goaway 5"],
  ["ended: the same request again", [...answered, get(1)], "goaway 5"],
  ["ended: CONTINUATION", [...answered, continuation(1, 1)], "goaway 1"],
  ["ended: WINDOW_UPDATE", [...answered, update(1, 1)], ""],
  ["ended: RST_STREAM", [...answered, rst(1)], ""],
  ["ended: PRIORITY", [...answered, priority(1, 3)], ""],
  ["reset by the client: DATA", [posting, rst(1), data(1, "x")], "goaway 5"],
  ["reset by the client: HEADERS", [posting, rst(1), headers(1, ["a", "b"])], "goaway 5"],
  ["reset by the client: WINDOW_UPDATE", [posting, rst(1), update(1, 1)], ""],
  ["reset by the client: RST_STREAM", [posting, rst(1), rst(1)], ""],
  ["reset by the client: PRIORITY", [posting, rst(1), priority(1, 3)], ""],
  ["reset by us: DATA", [...resetByUs, data(1, "x"), data(1, "y", endStream)], "rst 1 1"],
  ["reset by us: trailers", [...resetByUs, headers(1, ["a", "b"])], "rst 1 1"],
  ["reset by us: WINDOW_UPDATE", [...resetByUs, update(1, 1)], "rst 1 1"],
  ["reset by us: RST_STREAM", [...resetByUs, rst(1)], "rst 1 1"],
  ["left out: DATA", [get(5, "/held"), data(3, "x")], "goaway 5"],
  ["left out: HEADERS", [get(5, "/held"), headers(3, ["a", "b"])], "goaway 1"],
  ["left out: WINDOW_UPDATE", [get(5, "/held"), update(3, 1)], ""],
  ["left out: RST_STREAM", [get(5, "/held"), rst(3)], ""],
];

/** Flow control (§6.9). */
const windows: readonly Row[] = [
  ["WINDOW_UPDATE of 0 on a stream", [posting, update(1, 0)], "rst 1 1"],
  ["WINDOW_UPDATE of 0 on the connection", [update(0, 0)], "goaway 1"],
  ["WINDOW_UPDATE of 0 but for the reserved bit", [posting, update(1, 0x8000_0000)], "rst 1 1"],
  ["the connection's window at 2^31-1", [update(0, 2 ** 31 - 65_536)], ""],
  ["the connection's window above it", [update(0, 2 ** 31 - 65_535)], "goaway 3"],
  ["the connection's window above it in many steps", [update(0, 2 ** 30), update(0, 2 ** 30)], "goaway 3"],
  ["a stream's window at 2^31-1", [posting, update(1, 2 ** 31 - 65_536)], ""],
  ["a stream's window above it", [posting, update(1, 2 ** 31 - 65_535)], "rst 1 3"],
  ["a stream's window above it in two steps", [posting, update(1, 2 ** 30), update(1, 2 ** 30)], "rst 1 3"],
  [
    "a stream's window that was closed, above it",
    [settings([4, 0]), posting, update(1, 2 ** 31 - 1), update(1, 1)],
    "rst 1 3",
  ],
  [
    "DATA above the stream's window",
    [get(1, "/held"), headers(3, request("CONNECT", "/held", ":protocol", "websocket"), endHeaders), ...pieces(3, 4)],
    "rst 3 3",
  ],
];

function pieces(id: number, count: number): Buffer[] {
  return Array.from({ length: count }, () => data(id, 16_384));
}

const posts = (...more: readonly string[]) => headers(1, request("POST", "/", ...more), endHeaders);

/** Content-Length and DATA must agree (§8.1.1). */
const lengths: readonly Row[] = [
  ["fewer bytes than announced", [posts("content-length", "3"), data(1, "xx", endStream)], "rst 1 1"],
  ["more bytes than announced", [posts("content-length", "3"), data(1, "xx"), data(1, "xx", endStream)], "rst 1 1"],
  ["more bytes than announced, without end", [posts("content-length", "3"), data(1, "xxxx")], "rst 1 1"],
  ["as many as announced", [posts("content-length", "3"), data(1, "xx"), data(1, "x", endStream)], ""],
  ["none announced, and none", [posts("content-length", "0"), data(1, "", endStream)], ""],
  ["none announced, and one", [posts("content-length", "0"), data(1, "x", endStream)], "rst 1 1"],
  ["some announced, and no DATA", [headers(1, request("POST", "/", "content-length", "3"))], "rst 1 1"],
  ["trailers before the last byte", [posts("content-length", "3"), data(1, "xx"), headers(1, ["a", "b"])], "rst 1 1"],
  ["trailers behind the last byte", [posts("content-length", "2"), data(1, "xx"), headers(1, ["a", "b"])], ""],
  [
    "padding is not counted",
    [posts("content-length", "1"), frame(types.data, padded | endStream, 1, hex("02 78 00 00"))],
    "",
  ],
];

/** Trailers (§8.1). */
const trailers: readonly Row[] = [
  ["without END_STREAM", [posting, headers(1, ["a", "b"], endHeaders)], "rst 1 1"],
  ["with :path", [posting, headers(1, [":path", "/"])], "rst 1 1"],
  ["with :status", [posting, headers(1, ["a", "b", ":status", "200"])], "rst 1 1"],
  ["with a capital", [posting, headers(1, ["A", "b"])], "rst 1 1"],
  ["with a name of nothing", [posting, headers(1, ["", "b"])], "rst 1 1"],
  ["with a line end in a value", [posting, headers(1, ["a", "b\r\nc: d"])], "rst 1 1"],
  ["with Connection", [posting, headers(1, ["connection", "close"])], "rst 1 1"],
  ["with Transfer-Encoding", [posting, headers(1, ["transfer-encoding", "chunked"])], "rst 1 1"],
  ["too large", [posting, headers(1, ["a", "b".repeat(10_000)], 1), ...blocksOf(6), continuation(1, 0)], "rst 1 11"],
  ["behind DATA", [posting, data(1, "x"), headers(1, ["a", "b"])], ""],
  ["in two frames", [posting, headers(1, ["a", "b"], endStream), continuation(1, 0)], ""],
  ["of no field", [posting, headers(1, [])], ""],
];

/** Ten thousand octets more of a block, so many times. */
function blocksOf(count: number): Buffer[] {
  return Array.from({ length: count }, () => continuation(1, headers(1, ["x", "y".repeat(10_000)]).subarray(9), 0));
}

/** GOAWAY (§6.8) and how many streams there may be (§5.1.2). */
const connections: readonly Row[] = [
  ["GOAWAY from a client", [goaway(0)], ""],
  ["GOAWAY with an error", [goaway(0, 11)], ""],
  ["GOAWAY with a stream of the client's own", [goaway(1)], "goaway 1"],
  ["GOAWAY with a higher stream than before", [goaway(0), goaway(2)], "goaway 1"],
  ["a hundred streams at once", [...many(100), ...many(100, rst)], ""],
  ["one more", [...many(101), ...many(100, rst)], "rst 201 7"],
  ["one more, once another has ended", [...many(99), get(199), "199", get(201, "/held"), ...many(99, rst)], ""],
];

function many(count: number, what: (id: number) => Buffer = (id) => get(id, "/held")): Buffer[] {
  return Array.from({ length: count }, (_, index) => what(index * 2 + 1));
}

const named = (what: string, rows: readonly Row[]): Row[] =>
  rows.map(([rule, ...rest]) => [`${what}: ${rule}`, ...rest]);

export const streamRows: readonly Row[] = [
  ...named("a stream that is", states),
  ...named("windows", windows),
  ...named("lengths", lengths),
  ...named("trailers", trailers),
  ...connections,
];
