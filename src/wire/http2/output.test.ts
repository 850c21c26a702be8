import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { preface } from "./frame.ts";
import { headers, settings, update } from "./frames-fixture.ts";
import { Output } from "./output.ts";
import { get, Half } from "./session-fixture.ts";

function write(output: Output, text: string): void {
  const at = output.reserve(text.length);
  output.at = at + output.buffer.latin1Write(text, at);
}

describe("output", () => {
  test("is one Buffer of all that was written, however much", () => {
    const output = new Output();
    assert.equal(output.take(), undefined);
    write(output, "a");
    write(output, "b".repeat(90_000));
    write(output, "c".repeat(200_000));
    write(output, "d");
    assert.equal(output.size, 290_002);
    assert.equal(output.take()?.latin1Slice(), `a${"b".repeat(90_000)}${"c".repeat(200_000)}d`);
    assert.equal(output.take(), undefined);
    assert.equal(output.size, 0);
  });

  test("stays as it is unless it is given back", () => {
    const output = new Output();
    for (const size of [10, 30_000]) {
      write(output, "x".repeat(size));
      const taken = output.take();
      write(output, "y".repeat(size));
      output.take();
      assert.equal(taken?.latin1Slice(), "x".repeat(size));
    }
  });

  test("is written into the same memory again once it is given back", () => {
    const output = new Output();
    write(output, "x".repeat(30_000));
    const first = output.take();
    output.giveBack();
    write(output, "y");
    assert.equal(output.take()?.buffer, first?.buffer);
    write(output, "z");
    assert.notEqual(output.take()?.buffer, first?.buffer);
  });
});

describe("a session with more data than one write should have", () => {
  const size = 1_000_000;

  function answering(): Half {
    const half = new Half("server");
    half.answer = (stream) => {
      stream.head([":status", "200"], false);
      stream.data(Buffer.alloc(size), 0, size, true);
    };
    const told = Buffer.concat([preface, settings([4, size]), update(0, size), headers(1, get)]);
    half.session.receive(told, 0, told.length);
    return half;
  }

  test("gives some, and says that more is pending", () => {
    const half = answering();
    let given = 0;
    for (let turns = 0; half.waiting; turns += 1) {
      const bytes = half.take();
      assert.ok(bytes.length > 0 && bytes.length < 90_000);
      half.session.written();
      given += bytes.length;
      assert.ok(turns < 20);
    }
    assert.ok(given > size);
    assert.equal(half.session.openStreams, 0);
  });

  test("makes no more while the socket takes none", () => {
    const half = answering();
    half.take();
    half.session.blocked(true);
    assert.ok(half.waiting);
    assert.equal(half.take().length, 0);
    assert.equal(half.waiting, false);
    half.session.blocked(false);
    assert.ok(half.waiting);
    assert.ok(half.take().length > 60_000);
  });
});
