/** What an endpoint answers a request, and what its client must see of it. */
export interface AnswerRow {
  readonly what: string;
  readonly method: "GET" | "HEAD";
  /** More lines of the request's head. */
  readonly lines: string;
  readonly answer: string;
  /** What the endpoint does behind its answer. */
  readonly behind: "stays" | "ends" | "resets";
  /** `cut`: the connection breaks before the answer is whole. */
  readonly comes: number | "cut";
  readonly body: string;
  /** Of the answer's head, where it came whole. */
  readonly head: RegExp;
}

type Rest = Partial<Omit<AnswerRow, "what" | "answer" | "comes">>;

const row = (what: string, answer: string, comes: number | "cut", rest: Rest = {}): AnswerRow => ({
  what,
  method: "GET",
  lines: "",
  answer,
  behind: "stays",
  comes,
  body: "",
  head: /^/,
  ...rest,
});

const ok = "HTTP/1.1 200 OK\r\n";
/** An answer nobody asked for; its words must never reach a client. */
const evil = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-evil: 1\r\n\r\nevil";
const bad = (what: string, answer: string) => row(what, answer, 502);
const badLine = (what: string, line: string) => bad(`a status line ${what}`, `${line}\r\ncontent-length: 0\r\n\r\n`);
const badField = (what: string, line: string) => bad(`a field ${what}`, `${ok}${line}\r\ncontent-length: 0\r\n\r\n`);
const whole = (what: string, answer: string, body: string, rest: Rest = {}) =>
  row(what, answer, 200, { body, ...rest });
const chunked = (body: string) => `${ok}transfer-encoding: chunked\r\n\r\n${body}`;
const cut = (what: string, answer: string, rest: Rest = {}) => row(what, answer, "cut", rest);
const upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\n";

const statusLines: readonly AnswerRow[] = [
  badLine("of another protocol", "ICY 200 OK"),
  badLine("of HTTP/2", "HTTP/2 200 OK"),
  badLine("of HTTP/2.0", "HTTP/2.0 200 OK"),
  badLine("of HTTP/1.2", "HTTP/1.2 200 OK"),
  badLine("of HTTP/0.9", "HTTP/0.9 200 OK"),
  badLine("of HTTP/1.10", "HTTP/1.10 200 OK"),
  badLine("in small letters", "http/1.1 200 OK"),
  badLine("without its version", "200 OK"),
  badLine("without a status", "HTTP/1.1 OK"),
  badLine("with nothing behind its version", "HTTP/1.1 "),
  badLine("with two digits", "HTTP/1.1 20 OK"),
  badLine("with four digits", "HTTP/1.1 2000 OK"),
  badLine("with a status below 100", "HTTP/1.1 099 OK"),
  badLine("with an exponent", "HTTP/1.1 2e2 OK"),
  badLine("with a plus", "HTTP/1.1 +20 OK"),
  badLine("with a minus", "HTTP/1.1 -20 OK"),
  badLine("with hexadecimal", "HTTP/1.1 0xC OK"),
  badLine("with letters behind its status", "HTTP/1.1 200OK"),
  badLine("with a point in its status", "HTTP/1.1 200.1 OK"),
  badLine("with two spaces", "HTTP/1.1  200 OK"),
  badLine("with tabs", "HTTP/1.1\t200\tOK"),
  badLine("behind a space", " HTTP/1.1 200 OK"),
  badLine("behind a byte order mark", "\xef\xbb\xbfHTTP/1.1 200 OK"),
  badLine("behind an empty line", "\r\nHTTP/1.1 200 OK"),
  badLine("behind two empty lines", "\r\n\r\nHTTP/1.1 200 OK"),
  badLine("behind a bare LF", "\nHTTP/1.1 200 OK"),
  badLine("behind text", "hello HTTP/1.1 200 OK"),
  badLine("that is a request's", "GET / HTTP/1.1"),
  badLine("with NUL in its reason", "HTTP/1.1 200 O\0K"),
  badLine("with a bare CR in its reason", "HTTP/1.1 200 OK\rX: y"),
  badLine("with a bare LF in its reason", "HTTP/1.1 200 OK\nX: y"),
  bad("a TLS alert", "\x15\x03\x03\0\x02\x02\x28\r\n\r\n"),
  bad("a frame of HTTP/2", "\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\xff\xff\r\n\r\n"),
  bad("a page without a head", "<html>hello</html>\r\n\r\n"),
];

const fieldLines: readonly AnswerRow[] = [
  badField("with a space before its colon", "X : y"),
  badField("with a tab before its colon", "X\t: y"),
  badField("that is folded", "X: y\r\n z"),
  badField("that is folded by a tab", "X: y\r\n\tz"),
  badField("without a name", ": y"),
  badField("without a colon", "X"),
  badField("with a space in its name", "X Y: z"),
  badField("with NUL in its name", "X\0: y"),
  badField("with NUL in its value", "X: \0"),
  badField("with a bare CR", "X: y\rSet-Cookie: z"),
  badField("with a bare LF", "X: y\nSet-Cookie: z"),
  badField("with a bare CR at its end", "X: y\r"),
  badField("with a vertical tab", "X: \x0by"),
  badField("with a second answer behind bare CRs", `X: y\r\r${evil}`),
  badField("that is first and begins with a space", " X: y"),
  badField("that is another status line", "HTTP/1.1 200 OK"),
  badField("of a pseudo-field", ":status: 200"),
  bad("a head that ends in LF LF", "HTTP/1.1 200 OK\ncontent-length: 2\n\nok\r\n\r\n"),
  bad("a head that ends in CRLF LF", `${ok}content-length: 2\r\n\nok\r\n\r\n`),
  bad(
    "a head of a hundred fields and one",
    `${ok}${"X: y\r\n".repeat(100)}content-length: 0\r\nX: y\r\n\r\n`.replace("content-length: 0\r\n", "X: y\r\n"),
  ),
  bad("a head too large", `${ok}X: ${"y".repeat(70_000)}\r\ncontent-length: 0\r\n\r\n`),
  bad("a head without end", `${ok}${"X: y\r\n".repeat(20_000)}`),
];

const framings: readonly AnswerRow[] = [
  badField("of a length beside another", "Content-Length: 5"),
  badField("of a length that is a list", "Content-Length: 0, 5"),
  badField("of a length with a plus", "Content-Length: +0"),
  badField("of a length with a minus", "Content-Length: -1"),
  badField("of a length in hexadecimal", "Content-Length: 0x0"),
  badField("of a length that is empty", "Content-Length:"),
  badField("of a length past 2^53", "Content-Length: 9007199254740993"),
  badField("of a length by an underscore", "Content_Length: 5"),
  badField("of chunks beside a length", "Transfer-Encoding: chunked"),
  badField("of identity beside a length", "Transfer-Encoding: identity"),
  bad("gzip for its coding", `${ok}Transfer-Encoding: gzip\r\n\r\nabc`),
  bad("gzip before chunks", `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`),
  bad("identity for its coding", `${ok}Transfer-Encoding: identity\r\n\r\nabc`),
  bad("an empty coding", `${ok}Transfer-Encoding:\r\n\r\n0\r\n\r\n`),
  bad("xchunked", `${ok}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`),
  bad("chunks twice", `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`),
  bad("chunks in two fields", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  bad("chunks, then another coding", `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n`),
  bad("chunks behind a vertical tab", `${ok}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`),
  bad("chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  bad("204 in chunks", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  bad("204 with a length", `HTTP/1.1 204 No Content\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`),
  bad("103 with a length", `HTTP/1.1 103 Early Hints\r\nContent-Length: ${evil.length}\r\n\r\n${evil}${ok}\r\n`),
  bad("100 in chunks", `HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${evil}`),
  whole("equal lengths in two fields", `${ok}Content-Length: 2\r\ncontent-length: 2\r\n\r\nok`, "ok", {
    head: /^(?![^]*content-length[^]*content-length)/i,
  }),
  whole("equal lengths in a list", `${ok}Content-Length: 2, 2\r\n\r\nok`, "ok", { head: /\r\ncontent-length: 2\r\n/ }),
  whole("zeros before a length", `${ok}Content-Length: 002\r\n\r\nok`, "ok", { head: /\r\ncontent-length: 2\r\n/ }),
];

const bodies: readonly AnswerRow[] = [
  whole("a second answer behind the first", `${ok}content-length: 2\r\n\r\nok${evil}`, "ok"),
  whole("a second answer behind an empty one", `${ok}content-length: 0\r\n\r\n${evil}`, ""),
  whole("a second answer behind chunks", chunked(`2\r\nok\r\n0\r\n\r\n${evil}`), "ok"),
  whole("a second answer behind trailers", chunked(`2\r\nok\r\n0\r\nX: y\r\n\r\n${evil}`), "ok"),
  whole("more than its length says", `${ok}content-length: 2\r\n\r\nokevil`, "ok"),
  whole("an answer to HEAD with a body", `${ok}content-length: ${evil.length}\r\n\r\n${evil}`, "", { method: "HEAD" }),
  whole("an answer to HEAD with chunks", chunked(`4\r\nevil\r\n0\r\n\r\n`), "", { method: "HEAD" }),
  whole("an answer to HEAD and another", `${ok}content-length: 0\r\n\r\n${evil}`, "", { method: "HEAD" }),
  row("204 with an answer for its body", `HTTP/1.1 204 No Content\r\n\r\n${evil}`, 204),
  row(
    "304 with an answer for its body",
    `HTTP/1.1 304 Not Modified\r\ncontent-length: ${evil.length}\r\n\r\n${evil}`,
    304,
  ),
  row("304 with chunks", "HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 304),
  whole("an answer until the end", `${ok}\r\n${evil}`, evil, { behind: "ends" }),
  whole("an answer of HTTP/1.0 until the end", `HTTP/1.0 200 OK\r\n\r\n${evil}`, evil, { behind: "ends" }),
  whole("an answer that looks like one in its body", `${ok}content-length: ${evil.length}\r\n\r\n${evil}`, evil),
  whole("chunks with extensions and odd sizes", chunked("002;a=b\r\nok\r\n00\r\n\r\n"), "ok"),
  whole(
    "trailers that frame",
    chunked("2\r\nok\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nSet-Cookie: y\r\n\r\n"),
    "ok",
  ),
  cut("a body shorter than its length", `${ok}content-length: 9\r\n\r\nhalf`, { behind: "ends" }),
  cut("a body until the end that is a reset", `${ok}\r\nhalf`, { behind: "resets" }),
  cut("chunks without the last", chunked("2\r\nok\r\n"), { behind: "ends" }),
  cut("a chunk shorter than its size", chunked("9\r\nhalf"), { behind: "ends" }),
  cut("trailers without their end", chunked("2\r\nok\r\n0\r\nX: y\r\n"), { behind: "ends" }),
  cut("a chunk longer than its size", chunked("2\r\nokay\r\n0\r\n\r\n")),
  cut("a chunk without its CRLF", chunked(`2\r\nok0\r\n\r\n${evil}`)),
  cut("a chunk size that is none", chunked("zz\r\nok\r\n0\r\n\r\n")),
  cut("a chunk size with 0x", chunked("0x2\r\nok\r\n0\r\n\r\n")),
  cut("a chunk size with a space", chunked("2 \r\nok\r\n0\r\n\r\n")),
  cut("a chunk size past 2^64", chunked("10000000000000002\r\nok\r\n0\r\n\r\n")),
  cut("a chunk line that ends in LF", chunked("2\nok\r\n0\r\n\r\n")),
  cut("a chunk extension with a bare LF", chunked("2;a\nok\r\n0\r\n\r\n")),
  cut("a last chunk that ends in LF", chunked(`2\r\nok\r\n0\r\n\n${evil}`)),
  cut("trailers with a bare LF", chunked("2\r\nok\r\n0\r\nX: y\n\r\n")),
  cut("trailers that are an answer", chunked(`2\r\nok\r\n0\r\n${evil}`)),
];

const interims: readonly AnswerRow[] = [
  whole("100 before it, unasked", `HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 2\r\n\r\nok`, "ok"),
  whole("103 before it", `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${ok}content-length: 2\r\n\r\nok`, "ok"),
  whole(
    "102 and 199 before it",
    `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 X\r\n\r\n${ok}content-length: 2\r\n\r\nok`,
    "ok",
  ),
  bad(
    "hints without end",
    `${"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(65)}${ok}content-length: 0\r\n\r\n`,
  ),
  whole(
    "a reasonable number of hints",
    `${"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(64)}${ok}content-length: 2\r\n\r\nok`,
    "ok",
  ),
  row(
    "101 to another protocol",
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\nevil",
    502,
    { lines: upgrade },
  ),
  row("101 to no protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\nevil", 502, { lines: upgrade }),
  row(
    "101 to a protocol its Connection does not name",
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\nevil",
    502,
    { lines: upgrade },
  ),
  row(
    "101 with a length",
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-length: 4\r\n\r\nevil",
    502,
    { lines: upgrade },
  ),
  bad("garbage behind 100", "HTTP/1.1 100 Continue\r\n\r\ngarbage\r\n\r\n"),
  bad("101, unasked", "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nevil"),
  bad("101 without a protocol, unasked", `HTTP/1.1 101 Switching Protocols\r\n\r\n${evil}`),
  bad("101, unasked, in chunks", "HTTP/1.1 101 Switching Protocols\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
  whole("no 101 for an upgrade", `${ok}content-length: 2\r\n\r\nok${evil}`, "ok", { lines: upgrade }),
];

const hops: readonly AnswerRow[] = [
  whole(
    "a field that its Connection names",
    `${ok}X-A: 1\r\nConnection: x-a\r\nX-B: 2\r\ncontent-length: 2\r\n\r\nok`,
    "ok",
    { head: /^(?![^]*x-a)[^]*\r\nX-B: 2\r\n/i },
  ),
  whole(
    "fields that two Connections name",
    `${ok}Connection: x-a\r\nX-A: 1\r\nX-B: 2\r\nConnection: X-B, keep-alive\r\ncontent-length: 2\r\n\r\nok`,
    "ok",
    { head: /^(?![^]*x-[ab])/i },
  ),
  whole(
    "a cookie that its Connection names",
    `${ok}Set-Cookie: a\r\nConnection: set-cookie\r\ncontent-length: 2\r\n\r\nok`,
    "ok",
    { head: /\r\nSet-Cookie: a\r\n/ },
  ),
  whole(
    "a length that its Connection names",
    `${ok}Connection: content-length\r\ncontent-length: 2\r\n\r\nok${evil}`,
    "ok",
    { head: /\r\ncontent-length: 2\r\n/ },
  ),
  whole(
    "fields of one hop",
    `${ok}Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nTE: x\r\nContent-Length: 2\r\n\r\nok`,
    "ok",
    { head: /^(?![^]*\r\n(?:keep-alive|proxy-connection|upgrade|te):)/i },
  ),
  whole(
    "the end of its connection, announced, with more behind",
    `${ok}Connection: close\r\ncontent-length: 2\r\n\r\nok${evil}`,
    "ok",
  ),
  bad("a hundred names in Connection and more", `${ok}Connection: ${"x,".repeat(200)}\r\ncontent-length: 0\r\n\r\n`),
  row("a status of 999", "HTTP/1.1 999 X\r\ncontent-length: 2\r\n\r\nok", 999, { body: "ok" }),
  whole("a reason beyond ASCII", "HTTP/1.1 200 \xdcber\r\ncontent-length: 2\r\n\r\nok", "ok", {
    head: /^HTTP\/1\.1 200 \xdcber\r\n/,
  }),
  whole("no reason", "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", "ok"),
  whole(
    "escaped line ends in a value",
    `${ok}Location: /a%0d%0aX-B:%20c\\r\\nX-C: d\r\ncontent-length: 2\r\n\r\nok`,
    "ok",
    { head: /\r\nLocation: \/a%0d%0aX-B:%20c\\r\\nX-C: d\r\n/ },
  ),
];

const ends: readonly AnswerRow[] = [
  row("nothing but the end", "", 503, { behind: "ends" }),
  row("half a head and the end", "HTTP/1.1 200 O", 503, { behind: "ends" }),
  row("a head without its empty line and the end", `${ok}content-length: 0\r\n`, 503, { behind: "ends" }),
  row("text without a line and the end", "SSH-2.0-OpenSSH_9.9", 503, { behind: "ends" }),
];

/** Odd answers, and what their clients see. */
export const answerRows: readonly AnswerRow[] = [
  ...statusLines,
  ...fieldLines,
  ...framings,
  ...bodies,
  ...interims,
  ...hops,
  ...ends,
];
