import assert from "node:assert/strict";
import { HpackDecoder, readProxyHeader, sniff, type RequestMessage } from "../../src/wire/index.ts";
import { Half } from "../../src/wire/http2/session-fixture.ts";
import { printOutgoing } from "../../src/proxy/http1/print.ts";
import { requestsIn, responsesIn, type Heard } from "./http1.ts";
import type { SecondReader } from "./second-reader.ts";

/** What must hold for any bytes at all. Rejects with what did not. */
export type Property = (bytes: Buffer, lengths: readonly number[], second: SecondReader) => Promise<void>;

const ones = (bytes: Buffer) => Array.from(bytes, () => 1);

/** Any cuts mean the same; a request taken is one request for the endpoint too, and reads as we read it. */
const requests: Property = async (bytes, lengths, second) => {
  const whole = requestsIn(bytes, []);
  assert.deepEqual(requestsIn(bytes, lengths), whole, "cuts change what was said");
  assert.deepEqual(requestsIn(bytes, ones(bytes)), whole, "cuts change what was said");
  for (const event of whole) if ("message" in event && event.whole) await sameToOthers(event, second);
};

async function sameToOthers({ message, body, trailers }: Heard<RequestMessage>, second: SecondReader): Promise<void> {
  // HTTP/1.0 may leave it out; what is sent on then is the listener's to say.
  if (message.host === undefined) return;
  const { host } = message;
  const head = printOutgoing({ message, target: message.target, host, scheme: "http", extra: [] });
  const framed = message.chunked
    ? (body === "" ? "" : `${body.length.toString(16)}\r\n${body}\r\n`) + "0\r\n\r\n"
    : body;
  const printed = Buffer.from(head + framed, "latin1");
  const [again, ...more] = requestsIn(printed, []);
  assert.equal(more.length, 0, "what we print is more than one request");
  assert.ok(again && "message" in again, "what we print is refused");
  const { message: copy } = again;
  assert.deepEqual(
    [copy.method, copy.target, copy.host, copy.fields, copy.contentLength, copy.chunked, again.body],
    [message.method, message.target, host, message.fields, message.contentLength, message.chunked, body],
    "what we print reads otherwise",
  );
  assert.ok(trailers.every((text) => !/[\r\n\0]/.test(text)));
  const readings = await second.read(printed);
  assert.ok(readings.length <= 1, `another parser finds ${readings.length} requests`);
  const [reading] = readings;
  if (!reading) return;
  assert.equal(reading.method, message.method);
  assert.equal(reading.target, message.target);
  // Bytes behind an upgrade or a CONNECT are the tunnel's.
  if (message.upgrade === undefined && message.method !== "CONNECT") assert.equal(reading.body, body);
}

const responses: Property = async (bytes, lengths) => {
  const whole = responsesIn(bytes, []);
  assert.deepEqual(responsesIn(bytes, lengths), whole, "cuts change what was said");
  assert.deepEqual(responsesIn(bytes, ones(bytes)), whole, "cuts change what was said");
};

const now = () => 0;
/** Bytes a session may keep to write, whatever it was told. */
const mostOutput = 2_000_000;

/** Everything a session tells of these bytes. */
function told(bytes: Buffer, lengths: readonly number[]): unknown {
  const half = new Half("server", { now });
  half.answer = (stream) => stream.head([":status", "200"], stream.id % 4 === 3);
  let at = 0;
  for (const length of [...lengths, bytes.length]) {
    const to = Math.min(bytes.length, at + length);
    half.session.receive(bytes, at, to);
    at = to;
  }
  assert.ok(half.take().length <= mostOutput, "a session keeps too much");
  return { events: half.events, streams: half.streams.map((log) => log.events) };
}

const sessions: Property = async (bytes, lengths) => {
  const whole = told(bytes, []);
  assert.deepEqual(told(bytes, lengths), whole, "cuts change what was said");
  assert.deepEqual(told(bytes, ones(bytes)), whole, "cuts change what was said");
};

const limits = { tableSize: 4096, listSize: 61_440, fields: 100 };

/** Whatever looks at first bytes or field lists takes any bytes without an error of its own. */
const others: Property = async (bytes) => {
  const fields: string[] = [];
  new HpackDecoder(limits).decode(bytes, 0, bytes.length, fields);
  assert.ok(fields.length <= 2 * limits.fields);
  sniff(bytes);
  readProxyHeader(bytes);
};

export const properties = {
  requests: { corpus: "requests", holds: requests },
  responses: { corpus: "responses", holds: responses },
  sessions: { corpus: "http2", holds: sessions },
  "first bytes": { corpus: "http2", holds: others },
} as const satisfies Readonly<Record<string, { readonly corpus: string; readonly holds: Property }>>;
