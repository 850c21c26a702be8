import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ManualClock } from "../../base/index.ts";
import { frameTypes as types, preface } from "./frame.ts";
import {
  block,
  continuation,
  data,
  endHeaders,
  endStream,
  frame,
  headers,
  ping,
  priority,
  refusals,
  rst,
  settings,
  update,
} from "./frames-fixture.ts";
import { get, Half, post } from "./session-fixture.ts";

const clock = new ManualClock();

function server(): Half {
  const half = new Half("server", { now: () => clock.monotonic() });
  tell(half, preface, settings());
  half.take();
  return half;
}

function tell(half: Half, ...frames: readonly Buffer[]): void {
  for (const bytes of frames) half.session.receive(bytes, 0, bytes.length);
}

/** Sends rounds of frames until they are refused; all that is written in answer is read at once. */
function roundsTaken(half: Half, most: number, frames: (round: number) => readonly Buffer[]): number {
  for (let round = 0; round < most; round += 1) {
    tell(half, ...frames(round));
    if (refusals(half.take()).includes("goaway 11")) return round;
  }
  return most;
}

const open = (round: number) => headers(round * 2 + 1, post, endHeaders);
const ask = (round: number) => headers(round * 2 + 1, get);

/** Frames that bring nothing, on stream 1, which is open, stream 3, which is over, and stream 5, which we reset. */
const nothings: readonly (readonly [what: string, ...frames: readonly Buffer[]])[] = [
  ["PING", ping()],
  ["PING answers", ping(1)],
  ["SETTINGS", settings([4, 70_000])],
  ["PRIORITY", priority(1, 5)],
  ["PRIORITY of idle streams", priority(99, 5)],
  ["WINDOW_UPDATE", update(0, 1)],
  ["WINDOW_UPDATE of a stream", update(1, 1)],
  ["WINDOW_UPDATE of a stream that is over", update(3, 1)],
  ["RST_STREAM of a stream that is over", rst(3)],
  ["empty DATA of a stream we reset", data(5, "")],
  ["trailers of a stream we reset", headers(5, ["a", "b"])],
  ["unknown frames", frame(0xbe, 0, 0, 9)],
  ["GOAWAY", frame(types.goaway, 0, 0, 8)],
];

describe("frames that bring nothing", () => {
  for (const [what, ...frames] of nothings) {
    test(`${what}: a thousand a second are taken, not more`, () => {
      const half = server();
      tell(half, open(0), ask(1), open(2));
      half.streams[1]?.stream?.head([":status", "204"], true);
      half.streams[2]?.stream?.reset(8);
      const rounds = roundsTaken(half, 5000, () => frames);
      assert.ok(rounds >= 1000 && rounds < 1100, `${rounds} were taken`);
    });
  }

  test("are forgiven as time passes", () => {
    const half = server();
    for (let second = 0; second < 10; second += 1) {
      clock.advance(1001);
      assert.equal(
        roundsTaken(half, 900, () => [ping()]),
        900,
      );
    }
  });

  test("are earned by streams and data", () => {
    const half = server();
    half.answer = (stream) => stream.head([":status", "204"], true);
    const frames = (round: number) => [ask(round), ping(), settings(), update(0, 1), priority(99, 1)];
    assert.equal(roundsTaken(half, 5000, frames), 5000);
    const upload = server();
    tell(upload, open(0));
    assert.equal(
      roundsTaken(upload, 5000, () => [data(1, "x"), ping(), ping(), ping()]),
      5000,
    );
  });

  test("useful frames save up for a bounded flood only", () => {
    const half = server();
    half.answer = (stream) => stream.head([":status", "204"], true);
    roundsTaken(half, 20_000, (round) => [ask(round)]);
    assert.ok(roundsTaken(half, 50_000, () => [ping()]) < 12_000);
  });
});

test("interim answers without end are refused", () => {
  const half = new Half("client", { now: () => clock.monotonic() });
  half.request(get, true);
  tell(half, settings());
  const rounds = roundsTaken(half, 2000, () => [headers(1, [":status", "103"], endHeaders)]);
  assert.ok(rounds < 1100, `${rounds} were taken`);
});

describe("empty frames", () => {
  const empties: readonly (readonly [what: string, first: Buffer, empty: Buffer])[] = [
    ["DATA", open(0), data(1, "")],
    ["padded DATA", open(0), frame(types.data, 8, 1, Buffer.from([1, 0]))],
    ["CONTINUATION", headers(1, get, endStream), continuation(1, 0, 0)],
  ];
  for (const [what, first, empty] of empties) {
    test(`${what}: one is taken, two in a row are not`, () => {
      const half = server();
      tell(half, first, empty);
      assert.equal(refusals(half.take()), "");
      tell(half, empty);
      assert.equal(refusals(half.take()), "goaway 11");
    });
  }

  test("between others are taken", () => {
    const half = server();
    tell(half, open(0));
    assert.equal(
      roundsTaken(half, 500, () => [data(1, ""), data(1, "x")]),
      500,
    );
  });
});

describe("streams given up at once", () => {
  test("by RST_STREAM: five hundred are enough", () => {
    const half = server();
    const rounds = roundsTaken(half, 2000, (round) => [open(round), rst(round * 2 + 1)]);
    assert.equal(rounds, 499);
  });

  test("by faults that make us reset them", () => {
    for (const fault of [(id: number) => update(id, 0), (id: number) => priority(id, id)]) {
      const rounds = roundsTaken(server(), 2000, (round) => [open(round), fault(round * 2 + 1)]);
      assert.equal(rounds, 499);
    }
  });

  test("by requests that their user finds malformed", () => {
    const half = server();
    half.answer = (stream) => stream.reset(1);
    assert.equal(
      roundsTaken(half, 2000, (round) => [ask(round)]),
      499,
    );
  });

  test("are forgiven when as many others are served", () => {
    const half = server();
    half.answer = (stream) => void (stream.remoteEnded && stream.head([":status", "204"], true));
    const frames = (round: number) => [open(round * 3), rst(round * 6 + 1), ask(round * 3 + 1), ask(round * 3 + 2)];
    assert.equal(roundsTaken(half, 2000, frames), 2000);
  });

  test("are no such thing once they lived for a second", () => {
    const half = server();
    const lived = (round: number) => {
      tell(half, open(round));
      clock.advance(1001);
      return [rst(round * 2 + 1)];
    };
    assert.equal(roundsTaken(half, 1000, lived), 1000);
  });

  test("are forgiven as time passes", () => {
    const half = server();
    const rounds = roundsTaken(half, 2000, (round) => {
      clock.advance(100);
      return [open(round), rst(round * 2 + 1)];
    });
    assert.equal(rounds, 2000);
  });

  test("above the number allowed at once: refusals are counted", () => {
    const half = server();
    assert.ok(roundsTaken(half, 5000, (round) => [open(round)]) < 3000);
    assert.equal(half.session.openStreams, 0);
  });
});

describe("field blocks", () => {
  test("of too many frames are refused", () => {
    const half = server();
    tell(half, headers(1, get, endStream));
    assert.equal(
      roundsTaken(half, 100, () => [continuation(1, 1, 0)]),
      16,
    );
  });

  test("of too many bytes are refused", () => {
    const half = server();
    tell(half, headers(1, get, endStream));
    assert.equal(
      roundsTaken(half, 100, () => [continuation(1, 16_384, 0)]),
      7,
    );
  });

  test("above the limits are opened with what fits, and answered", () => {
    const large = server();
    tell(large, headers(1, [...get, "a", "b".repeat(15_000)], endStream));
    const more = ["c", "d".repeat(15_000)];
    tell(large, continuation(1, block([...more, "e", "f".repeat(10)]), 0));
    tell(large, continuation(1, block(more), 0), continuation(1, block(more), 0), continuation(1, block(more)));
    assert.match(large.streams[0]?.events[0] ?? "", /too large$/);
    const many = server();
    tell(many, headers(1, [...get, ...Array.from({ length: 200 }, () => "x")]));
    assert.match(many.streams[0]?.events[0] ?? "", /too large$/);
    many.streams[0]?.stream?.head([":status", "431"], true);
    assert.equal(refusals(many.take()), "");
  });
});
