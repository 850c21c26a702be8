import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { frameTypes as types, preface } from "./frame.ts";
import { data, endHeaders, frame, headers, padded, refusals, settings, settingsAck } from "./frames-fixture.ts";
import { Half, post } from "./session-fixture.ts";
import type { SessionOptions } from "./session-options.ts";

const full = 16_384;

const streamWindow = 262_144;

/** A server with an open stream 1 whose user does not consume. */
function server(options: Partial<SessionOptions> = {}): Half {
  const half = new Half("server", { streamWindow, ...options });
  half.answer = (_stream, log) => void (log.consumes = false);
  tell(half, preface, settings(), settingsAck, headers(1, post, endHeaders));
  half.take();
  return half;
}

function tell(half: Half, ...frames: readonly Buffer[]): void {
  for (const bytes of frames) half.session.receive(bytes, 0, bytes.length);
}

const times = (count: number, bytes: Buffer) => Array.from({ length: count }, () => bytes);

/** WINDOW_UPDATEs written: "stream +bytes". */
function updates(half: Half): string[] {
  const output = half.take();
  const found: string[] = [];
  for (let at = 0; at < output.length; at += 9 + output.readUIntBE(at, 3)) {
    if (output[at + 3] !== types.windowUpdate) continue;
    found.push(`${output.readUInt32BE(at + 5)} +${output.readUInt32BE(at + 9)}`);
  }
  return found;
}

describe("a stream's window", () => {
  test("opens as its user consumes, half of it at a time", () => {
    const half = server();
    const { stream } = half.streams[0] ?? {};
    tell(half, ...times(10, data(1, full)));
    assert.deepEqual(updates(half), []);
    for (let count = 0; count < 7; count += 1) stream?.consumed(full);
    assert.deepEqual(updates(half), []);
    stream?.consumed(full);
    assert.deepEqual(updates(half), [`1 +${8 * full}`]);
  });

  test("opens by no more than came", () => {
    const half = server();
    tell(half, ...times(10, data(1, full)));
    half.streams[0]?.stream?.consumed(1_000_000);
    assert.deepEqual(updates(half), [`1 +${10 * full}`]);
    half.streams[0]?.stream?.consumed(1_000_000);
    assert.deepEqual(updates(half), []);
  });

  test("opens for padding, which nobody consumes", () => {
    const half = server();
    const all = frame(types.data, padded, 1, Buffer.alloc(256, 0xff));
    tell(half, ...times(300, Buffer.concat([all, data(1, "x")])));
    assert.deepEqual(updates(half), []);
    tell(half, ...times(300, Buffer.concat([all, data(1, "x")])));
    assert.deepEqual(updates(half), [`1 +${512 * 256}`]);
  });

  test("does not open any more once the peer has ended", () => {
    const half = server();
    tell(half, ...times(10, data(1, full)), data(1, "", 1));
    half.streams[0]?.stream?.consumed(10 * full);
    assert.deepEqual(updates(half), []);
  });
});

describe("a stream's window grows", () => {
  /** The WINDOW_UPDATEs for a body of so many frames, of which the user takes as many bytes as it says. */
  function grown(frames: number, takes: (frame: number) => number, options: Partial<SessionOptions> = {}): string[] {
    const half = server({ streamWindow: 65_535, ...options });
    const found: string[] = [];
    for (let frame = 0; frame < frames; frame += 1) {
      tell(half, data(1, full));
      half.streams[0]?.stream?.consumed(takes(frame));
      found.push(...updates(half).filter((update) => update.startsWith("1 ")));
    }
    return found;
  }

  test("to its most, while its user takes everything at once", () => {
    assert.deepEqual(
      grown(30, () => full),
      [`1 +${2 * full + 65_535}`, `1 +${4 * full + 131_070}`, `1 +${8 * full + 4}`, `1 +${8 * full}`, `1 +${8 * full}`],
    );
  });

  test("not while its user lags", () => {
    assert.deepEqual(
      grown(4, (frame) => (frame % 2 === 0 ? 0 : 2 * full)),
      [`1 +${2 * full}`, `1 +${2 * full}`],
    );
  });

  test("by as much as the windows of all may, until one of them ends", () => {
    const half = server({ streamWindow: 65_535, heldBytes: 65_536 });
    for (const log of half.streams) log.consumes = true;
    half.answer = () => undefined;
    tell(half, headers(3, post, endHeaders), headers(5, post, endHeaders));
    const most = (id: number, count: number) => {
      tell(half, ...times(count, data(id, full)));
      return updates(half).filter((update) => update.startsWith(`${id} `));
    };
    assert.deepEqual(most(1, 2), [`1 +${2 * full + 65_535}`]);
    assert.deepEqual(most(3, 2), [`3 +${2 * full + 1}`]);
    assert.deepEqual(most(5, 2), [`5 +${2 * full}`]);
    half.streams[0]?.stream?.reset(8);
    assert.deepEqual(most(5, 2), [`5 +${2 * full + 65_535}`]);
  });
});

describe("the connection's window", () => {
  const connectionWindow = 65_535;
  /** As much as every stream may hold. */
  const share = (id: number) => [...times(3, data(id, full)), data(id, full - 1)];

  /** A server that holds a whole share, and gives back no window for more. */
  function holding(): Half {
    const half = server({ connectionWindow, heldBytes: 0 });
    tell(half, ...share(1));
    assert.deepEqual(updates(half), [`0 +${2 * full}`, `0 +${2 * full - 1}`]);
    return half;
  }

  test("opens as bytes arrive, whoever consumes them", () => {
    const half = server();
    tell(half, headers(3, post, endHeaders), headers(5, post, endHeaders));
    for (const id of [1, 3, 5]) tell(half, ...times(16, data(id, full)));
    assert.deepEqual(updates(half), [`0 +${32 * full}`]);
  });

  test("opens as they are consumed, where too many are held", () => {
    const half = holding();
    tell(half, ...times(3, data(1, full)));
    assert.deepEqual(updates(half), []);
    half.streams[0]?.stream?.consumed(2 * full);
    assert.deepEqual(updates(half), [`0 +${2 * full}`]);
  });

  test("opens when a stream ends whose bytes nobody consumed", () => {
    for (const code of [0, 8]) {
      const half = holding();
      tell(half, ...times(3, data(1, full)));
      half.streams[0]?.stream?.reset(code);
      assert.deepEqual(updates(half), [`0 +${3 * full}`]);
    }
  });

  test("opens for data of streams that were reset", () => {
    const half = server();
    tell(half, headers(3, post, endHeaders));
    for (const { stream } of half.streams) stream?.reset(8);
    half.take();
    tell(half, ...times(16, data(1, full)), ...times(16, data(3, full)));
    assert.deepEqual(updates(half), [`0 +${32 * full}`]);
  });

  test("does not open for more than such a stream's own window", () => {
    const half = server();
    tell(half, ...times(10, data(1, full)));
    half.streams[0]?.stream?.reset(8);
    tell(half, ...times(6, data(1, full)));
    assert.equal(refusals(half.take()), "rst 1 8");
    tell(half, data(1, 1));
    assert.equal(refusals(half.take()), "goaway 3");
  });

  test("may not be overrun", () => {
    const half = holding();
    tell(half, ...share(1));
    assert.equal(refusals(half.take()), "");
    tell(half, data(1, 1));
    assert.equal(refusals(half.take()), "goaway 3");
  });

  test("may not be overrun by data of streams that were reset", () => {
    const half = holding();
    tell(half, headers(3, post, endHeaders), ...times(3, data(1, full)));
    half.streams[1]?.stream?.reset(8);
    half.take();
    tell(half, data(3, full));
    assert.equal(refusals(half.take()), "goaway 3");
  });
});
