import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { liveList } from "./live-list.ts";

function screen(isTerminal: boolean) {
  const written: string[] = [];
  return {
    written,
    output: { write: (text: string) => void written.push(text), isTerminal, colours: false, columns: 80 },
  };
}

describe("live list", () => {
  test("a pipe gets one plain line for each state that is reached, and none twice", () => {
    const { written, output } = screen(false);
    const list = liveList(output);
    list.progress({ id: "a", label: "details-v1", state: "working", detail: "starting" });
    list.progress({ id: "a", label: "details-v1", state: "done", detail: "1/1" });
    list.progress({ id: "a", label: "details-v1", state: "done", detail: "1/1" });
    list.progress({ id: "b", label: "reviews-v1", state: "failed", detail: "unknown image" });
    list.end();
    assert.deepEqual(written, ["details-v1: 1/1\n", "failed: reviews-v1: unknown image\n"]);
  });

  test("a terminal gets the same rows redrawn in place", async () => {
    const { written, output } = screen(true);
    const list = liveList(output);
    list.progress({ id: "a", label: "details-v1", state: "working", detail: "starting" });
    await new Promise((resolve) => setImmediate(resolve));
    list.progress({ id: "a", label: "details-v1", state: "done", detail: "1/1" });
    list.end();
    assert.equal(written.length, 2);
    assert.ok(written[0]?.includes("… details-v1  starting"));
    assert.ok(written[1]?.startsWith("\x1b[1A\x1b[2K ✔ details-v1  1/1"));
  });
});
