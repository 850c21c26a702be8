import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { preface } from "./frame.ts";
import { headers, ping, refusals, settings, update } from "./frames-fixture.ts";
import { get, Half } from "./session-fixture.ts";

const large = Buffer.alloc(65_536, "x");

function server(...frames: readonly Buffer[]): Half {
  const half = new Half("server");
  tell(half, preface, ...frames);
  half.take();
  return half;
}

function tell(half: Half, ...frames: readonly Buffer[]): void {
  for (const bytes of frames) half.session.receive(bytes, 0, bytes.length);
}

describe("a peer that does not read its socket", () => {
  test("gets no DATA made, and all of it once it reads", () => {
    const half = server(settings());
    tell(half, headers(1, get));
    const [log] = half.streams;
    half.session.blocked(true);
    log?.stream?.head([":status", "200"], false);
    assert.equal(log?.stream?.data(large, 0, 1000, false), true);
    assert.ok(half.take().length < 100);
    assert.equal(log?.stream?.data(large, 0, large.length, false), false);
    half.session.blocked(false);
    assert.equal(half.take().length, 65_535 + 4 * 9);
    assert.deepEqual(log?.events.slice(1), ["drained"]);
  });

  test("may ask for a thousand answers", () => {
    const half = server(settings());
    half.answer = (stream) => stream.head([":status", "204"], true);
    half.session.blocked(true);
    // Requests between them, so that they are no flood of frames that bring nothing.
    for (let count = 0; count < 1000; count += 1) tell(half, headers(count * 2 + 1, get), ping());
    assert.equal(refusals(half.take()), "");
    tell(half, ping());
    assert.equal(refusals(half.take()), "goaway 11");
  });

  test("may ask for a megabyte of heads", () => {
    const half = server(settings());
    half.answer = (stream) => stream.head([":status", "404", "x", "y".repeat(10_000)], true);
    half.session.blocked(true);
    let refused = "";
    let size = 0;
    for (let id = 1; id < 1000 && refused === ""; id += 2) {
      tell(half, headers(id, get));
      const bytes = half.take();
      size += bytes.length;
      refused = refusals(bytes);
    }
    assert.equal(refused, "goaway 11");
    assert.ok(size > 1_000_000 && size < 1_100_000);
  });

  test("is counted anew once it reads again", () => {
    const half = server(settings());
    for (let round = 0; round < 10; round += 1) {
      half.session.blocked(true);
      half.session.blocked(true);
      for (let count = 0; count < 99; count += 1) tell(half, ping());
      half.session.blocked(false);
      assert.equal(refusals(half.take()), "");
    }
  });
});

describe("a peer that opens no window", () => {
  test("has a bounded amount kept for it, on each stream and on all", () => {
    const half = server(settings([4, 0]));
    let kept = 0;
    half.answer = (stream) => {
      stream.head([":status", "200"], false);
      for (let more = true; more; kept += large.length) more = stream.data(large, 0, large.length, false);
    };
    for (let id = 1; id < 200; id += 2) tell(half, headers(id, get));
    assert.equal(half.session.openStreams, 100);
    assert.ok(kept <= 120 * large.length, `${kept} bytes`);
    assert.equal(half.take().length < 10_000, true);
  });

  test("does not hold up a stream that has one", () => {
    const half = server(settings([4, 0]));
    half.answer = (stream) => {
      stream.head([":status", "200"], false);
      stream.data(large, 0, 1000, true);
    };
    for (let id = 1; id < 100; id += 2) tell(half, headers(id, get));
    half.take();
    tell(half, update(51, 1000));
    assert.equal(half.take().length, 1009);
  });

  test("gets a frame of each stream in turn once the connection's window opens", () => {
    const half = server(settings([4, 1_000_000]));
    half.answer = (stream) => {
      stream.head([":status", "200"], false);
      stream.data(large, 0, large.length, true);
    };
    for (const id of [1, 3, 5]) tell(half, headers(id, get));
    half.take();
    tell(half, update(0, 65_536));
    const output = half.take();
    const order: number[] = [];
    for (let at = 0; at < output.length; at += 9 + output.readUIntBE(at, 3)) order.push(output.readUInt32BE(at + 5));
    // The one byte of stream 1 that the window did not allow at first comes before the others.
    assert.deepEqual(order, [1, 3, 5, 3, 5]);
  });

  test("may take a window back, and gets nothing until it is above zero again", () => {
    const half = server(settings([4, 10]));
    half.answer = (stream) => void stream.data(large, 0, 30, true);
    tell(half, headers(1, get));
    assert.equal(half.take().length, 9 + 10);
    tell(half, settings([4, 3]));
    half.take();
    tell(half, update(1, 7));
    assert.equal(half.take().length, 0);
    tell(half, update(1, 1));
    assert.equal(half.take().length, 9 + 1);
    tell(half, settings([4, 100]));
    assert.equal(half.take().length, 9 + 9 + 19);
  });

  test("has what waits dropped when it resets the stream", () => {
    const half = server(settings([4, 0]));
    half.answer = (stream) => {
      stream.head([":status", "200"], false);
      stream.data(large, 0, large.length, true);
      stream.reset(0);
    };
    tell(half, headers(1, get));
    assert.equal(refusals(half.take()), "");
    assert.equal(half.session.openStreams, 1);
    half.streams[0]?.stream?.reset(8);
    assert.equal(refusals(half.take()), "rst 1 8");
    assert.equal(half.session.openStreams, 0);
    tell(half, update(1, 1000));
    assert.equal(half.take().length, 0);
  });
});

test("an answer before the request's end resets the stream once all of it was written", () => {
  const half = server(settings([4, 10]));
  half.answer = (stream) => {
    stream.head([":status", "413"], false);
    stream.data(large, 0, 20, true);
    stream.reset(0);
  };
  tell(half, headers(1, get, 4));
  assert.equal(refusals(half.take()), "");
  tell(half, update(1, 10));
  assert.equal(refusals(half.take()), "rst 1 0");
  assert.equal(half.session.openStreams, 0);
});
