import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { kinds, type Kind } from "../model/index.ts";
import { Sheet } from "./printer.ts";
import { Table } from "./table.ts";
import { painter, wantsColours } from "./terminal.ts";

const now = Date.UTC(2024, 0, 1);
const namespace = (name: string) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, creationTimestamp: new Date(now - 90_000).toISOString() },
  status: { phase: "Active" },
});
const look = { form: "table", withNamespace: false, withKind: false, withHeads: true } as const;
const kind = kinds.Namespace as unknown as Kind;

describe("tables", () => {
  test("columns are three spaces apart and nothing trails", () => {
    assert.equal(
      new Table().lines([
        ["NAME", "AGE"],
        ["a", ""],
        ["longer", "5m"],
      ]),
      "NAME     AGE\na\nlonger   5m\n",
    );
  });

  test("rows that come later stay aligned, heads come once", () => {
    const sheet = new Sheet(kind, look);
    assert.equal(sheet.lines([], now), "");
    assert.equal(sheet.lines([namespace("default")], now), "NAME      STATUS   AGE\ndefault   Active   90s\n");
    assert.equal(sheet.lines([namespace("a")], now), "a         Active   90s\n");
  });

  test("kind and namespace stand where they are asked for", () => {
    const sheet = new Sheet(kind, { ...look, withKind: true, withNamespace: true, withHeads: false });
    assert.equal(sheet.lines([namespace("a")], now), "   namespace/a   Active   90s\n");
  });

  test("control characters of foreign text do not reach the terminal", () => {
    assert.equal(new Table().lines([["a\x1b[2Jb\nc", "\x9bx"]]), "a^[[2Jb c   ?x\n");
  });

  test("colours are for terminals whose user did not say no", () => {
    assert.equal(wantsColours(true, {}), true);
    for (const [isTerminal, env] of [
      [false, {}],
      [true, { NO_COLOR: "1" }],
      [true, { TERM: "dumb" }],
    ] as const)
      assert.equal(wantsColours(isTerminal, env), false);
    assert.equal(painter(false)("red", "x"), "x");
    assert.equal(painter(true)("red", "x"), "\x1b[31mx\x1b[0m");
  });
});
