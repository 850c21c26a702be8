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
  ping,
  rst,
  settings,
  types,
  update,
  whole,
} from "../frames.ts";
import type { Script } from "../raw-endpoint.ts";
import { hex } from "../row.ts";

/** What an endpoint of HTTP/2 answers to a request, and what its client must see of it. */
export interface AnswerRow {
  readonly what: string;
  readonly method: "GET" | "HEAD";
  readonly script: Script;
  /** `cut`: the answer breaks off; `late`: it was whole, or breaks off. */
  readonly comes: number | "cut" | "late";
  readonly body: string;
}

type Rest = Partial<Pick<AnswerRow, "method" | "body">>;

const row = (what: string, comes: AnswerRow["comes"], script: Script, rest: Rest = {}): AnswerRow => ({
  what,
  method: "GET",
  script,
  comes,
  body: "",
  ...rest,
});

const status = (...fields: readonly string[]) => [":status", "200", ...fields];
/** A head alone, with a body of three octets that must not come. */
const bad = (what: string, fields: readonly string[]) =>
  row(`a head ${what}`, 502, (id) => [headers(id, fields, endHeaders), data(id, "evil", endStream)]);
const badField = (what: string, name: string, value: string) => bad(`with ${what}`, status(name, value));
const cut = (what: string, script: Script) => row(what, "cut", script);
const answer = (what: string, comes: number, body: string, script: Script, method: "GET" | "HEAD" = "GET") =>
  row(what, comes, script, { body, method });
/** What is against a rule of the connection ends it, and with it the exchange. */
const lost = (what: string, ...frames: readonly Buffer[]) => row(what, 502, () => frames);
const injected = "b\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";

const heads: readonly AnswerRow[] = [
  bad("without :status", ["x", "y"]),
  bad("of nothing", []),
  ...["", "20", "2000", "099", "600", "abc", "2e2", "+20", " 200", "200 ", "200 OK", "200\r\nx: y", "101"].map(
    (value) => bad(`with a status of ${JSON.stringify(value)}`, [":status", value]),
  ),
  bad("with :status twice", [":status", "200", ":status", "200"]),
  bad("with :status behind a field", ["x", "y", ":status", "200"]),
  bad("with :status and :path", [":status", "200", ":path", "/"]),
  bad("with an unknown pseudo-field", [":status", "200", ":foo", "bar"]),
  bad("with :Status", [":Status", "200"]),
  badField("a capital in a name", "X-a", "b"),
  badField("a space in a name", "x a", "b"),
  badField("a colon in a name", "x:y", "b"),
  badField("a line end in a name", "x\r\n\r\nHTTP/1.1 200 OK\r\nx", "b"),
  badField("NUL in a name", "x\0", "b"),
  badField("a name of nothing", "", "b"),
  badField("a line end and an answer in a value", "x", injected),
  badField("a bare line feed in a value", "x", "b\ncontent-length: 0"),
  badField("a bare carriage return in a value", "x", "b\rcontent-length: 0"),
  badField("NUL in a value", "x", "b\0"),
  badField("DEL in a value", "x", "b\x7f"),
  badField("a line end in Location", "location", injected),
  badField("a line end in Set-Cookie", "set-cookie", injected),
  badField("Connection", "connection", "close"),
  badField("Keep-Alive", "keep-alive", "timeout=5"),
  badField("Proxy-Connection", "proxy-connection", "close"),
  badField("Upgrade", "upgrade", "h2c"),
  badField("Transfer-Encoding", "transfer-encoding", "chunked"),
  badField("a length that is no number", "content-length", "0x4"),
  badField("a length below 0", "content-length", "-4"),
  badField("a list of lengths", "content-length", "4, 0"),
  bad("with two lengths", status("content-length", "4", "content-length", "0")),
  row("a head with a length, and the end", 502, (id) => [headers(id, status("content-length", "4"))]),
  row("a head that is too large", 502, (id) => [
    headers(id, status("x", "y".repeat(16_000)), 0),
    ...Array.from({ length: 4 }, () => continuation(id, block(["x", "y".repeat(16_000)]), 0)),
    continuation(id, 0),
  ]),
  row("DATA before the head", 502, (id) => [data(id, "evil", endStream)]),
  row("a head that depends on itself", 502, (id) => [
    frame(types.headers, whole | 32, id, Buffer.concat([idOf(id), hex("00"), block(status())])),
  ]),
];

function idOf(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes;
}

const bodies: readonly AnswerRow[] = [
  answer("a body of known length", 200, "abc", (id) => [
    headers(id, status("content-length", "3"), endHeaders),
    data(id, "abc", endStream),
  ]),
  answer("a body with padding", 200, "abc", (id) => [
    headers(id, status("content-length", "3"), endHeaders),
    frame(types.data, padded | endStream, id, hex("02 61 62 63 00 00")),
  ]),
  answer("a body that looks like an answer", 200, injected, (id) => [
    headers(id, status(), endHeaders),
    data(id, injected, endStream),
  ]),
  answer("a body that looks like chunks", 200, "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", (id) => [
    headers(id, status(), endHeaders),
    data(id, "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", endStream),
  ]),
  answer("no body", 200, "", (id) => [headers(id, status())]),
  answer("an empty DATA frame alone", 200, "", (id) => [headers(id, status(), endHeaders), data(id, "", endStream)]),
  answer("a list of equal lengths", 200, "abc", (id) => [
    headers(id, status("content-length", "3, 3"), endHeaders),
    data(id, "abc", endStream),
  ]),
  cut("a body shorter than its length", (id) => [
    headers(id, status("content-length", "9"), endHeaders),
    data(id, "abc", endStream),
  ]),
  cut("a body longer than its length", (id) => [
    headers(id, status("content-length", "3"), endHeaders),
    data(id, "abcevil", endStream),
  ]),
  row(
    "a body longer than its length, in a second frame",
    "late",
    (id) => [headers(id, status("content-length", "3"), endHeaders), data(id, "abc"), data(id, "evil", endStream)],
    { body: "abc" },
  ),
  cut("trailers before the length is full", (id) => [
    headers(id, status("content-length", "9"), endHeaders),
    data(id, "abc"),
    headers(id, ["x", "y"]),
  ]),
  cut("a reset within the body", (id) => [headers(id, status(), endHeaders), data(id, "abc"), rst(id, 2)]),
  cut("a reset with NO_ERROR within the body", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc"),
    rst(id, 0),
  ]),
  cut("the connection's end within the body", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc"),
    data(0, "x"),
  ]),
  cut("trailers without an end", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc"),
    headers(id, ["x", "y"], endHeaders),
  ]),
  cut("trailers with :status", (id) => [headers(id, status(), endHeaders), data(id, "abc"), headers(id, status())]),
  cut("trailers with a line end", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc"),
    headers(id, ["x", injected]),
  ]),
  cut("trailers with Transfer-Encoding", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc"),
    headers(id, ["transfer-encoding", "chunked"]),
  ]),
  answer("trailers with a length", 200, "abc", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc"),
    headers(id, ["content-length", "0"]),
  ]),
  answer("a reset behind the end", 200, "abc", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc", endStream),
    rst(id, 0),
  ]),
  answer("DATA behind the end", 200, "abc", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc", endStream),
    data(id, "evil", endStream),
  ]),
  answer("a second answer behind the end", 200, "abc", (id) => [
    headers(id, status(), endHeaders),
    data(id, "abc", endStream),
    headers(id, status("x-evil", "1"), endHeaders),
    data(id, "evil", endStream),
  ]),
];

/** Answers that have no body, whatever comes (RFC 9110 §6.4.1). */
const bodiless: readonly AnswerRow[] = [
  ...(["204", "304"] as const).flatMap((code) => [
    answer(code, Number(code), "", (id) => [headers(id, [":status", code])]),
    answer(`${code} with its end in DATA`, Number(code), "", (id) => [
      headers(id, [":status", code], endHeaders),
      data(id, "", endStream),
    ]),
    row(`${code} with a body`, "late", (id) => [
      headers(id, [":status", code], endHeaders),
      data(id, "evil", endStream),
    ]),
    row(`${code} with a body that looks like an answer`, "late", (id) => [
      headers(id, [":status", code], endHeaders),
      data(id, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"),
      data(id, "", endStream),
    ]),
  ]),
  row("204 with a length", 502, (id) => [headers(id, [":status", "204", "content-length", "4"], endHeaders)]),
  answer("304 with a length", 304, "", (id) => [headers(id, [":status", "304", "content-length", "4"])]),
  answer("HEAD", 200, "", (id) => [headers(id, status("content-length", "4"))], "HEAD"),
  answer(
    "HEAD with its end in DATA",
    200,
    "",
    (id) => [headers(id, status("content-length", "4"), endHeaders), data(id, "", endStream)],
    "HEAD",
  ),
  row("HEAD with a body", "late", (id) => [headers(id, status(), endHeaders), data(id, "evil", endStream)], {
    method: "HEAD",
  }),
  row(
    "HEAD with a body of its length",
    "late",
    (id) => [headers(id, status("content-length", "4"), endHeaders), data(id, "evil", endStream)],
    { method: "HEAD" },
  ),
  row(
    "HEAD with a body that looks like an answer",
    "late",
    (id) => [
      headers(id, status("content-length", "4"), endHeaders),
      data(id, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil", endStream),
    ],
    { method: "HEAD" },
  ),
];

const interims: readonly AnswerRow[] = [
  answer("a hint, then the answer", 200, "abc", (id) => [
    headers(id, [":status", "103", "link", "</x>"], endHeaders),
    headers(id, status(), endHeaders),
    data(id, "abc", endStream),
  ]),
  answer("an unasked 100, then the answer", 200, "abc", (id) => [
    headers(id, [":status", "100"], endHeaders),
    headers(id, status(), endHeaders),
    data(id, "abc", endStream),
  ]),
  answer("ten hints, then the answer", 200, "abc", (id) => [
    ...Array.from({ length: 10 }, () => headers(id, [":status", "103"], endHeaders)),
    headers(id, status(), endHeaders),
    data(id, "abc", endStream),
  ]),
  row("a hint that ends", 502, (id) => [headers(id, [":status", "103"])]),
  row("a hint with a length", 502, (id) => [headers(id, [":status", "103", "content-length", "4"], endHeaders)]),
  row("a hint, then DATA", 502, (id) => [headers(id, [":status", "103"], endHeaders), data(id, "evil", endStream)]),
  row("a hint with a line end", 502, (id) => [headers(id, [":status", "103", "link", injected], endHeaders)]),
  row("101, then bytes", 502, (id) => [headers(id, [":status", "101"], endHeaders), data(id, "evil", endStream)]),
];

const connections: readonly AnswerRow[] = [
  lost("a frame that is too long", frame(types.data, 0, 0).fill(0xff, 0, 3)),
  lost("DATA of an idle stream", data(1001, "evil")),
  lost("DATA of the connection", data(0, "evil")),
  lost("an answer on an idle stream", headers(1001, status())),
  lost("an answer on an even stream", headers(2, status())),
  lost("PUSH_PROMISE", frame(types.pushPromise, endHeaders, 1, Buffer.concat([idOf(2), block([":method", "GET"])]))),
  lost("a block that HPACK cannot read", frame(types.headers, whole, 1, hex("80"))),
  lost("CONTINUATION alone", continuation(1, 1)),
  lost("another preface", Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")),
  lost("push turned on", settings([2, 1])),
  lost("a window of 2^31", settings([4, 2 ** 31])),
  lost("an update of 0", update(0, 0)),
  lost("an update above 2^31-1", update(0, 2 ** 31 - 1)),
  lost("PING of 7", frame(types.ping, 0, 0, 7)),
  lost("GOAWAY with a stream it may not open", goaway(2)),
  row("a block that ends in another frame", 502, (id) => [headers(id, status(), endStream), ping()]),
  row("a reset", 503, (id) => [rst(id, 2)]),
];

export const answerRows: readonly AnswerRow[] = [...heads, ...bodies, ...bodiless, ...interims, ...connections];
