import assert from "node:assert/strict";
import { test } from "node:test";
import { preface } from "./frame.ts";
import { headers, refusals, settings } from "./frames-fixture.ts";
import { get, Half } from "./session-fixture.ts";
import type { Role } from "./settings.ts";

/** Bytes of the peer, or something our own side does. */
type Step = Buffer | ((half: Half) => unknown);

/** A rule, what happens, and what we refuse of it; "" when we refuse nothing. Without a GOAWAY we serve on. */
export type Row = readonly [rule: string, steps: readonly Step[], refused: string];

const before = { nothing: [], preface: [preface], settings: [preface, settings()] } as const;

/** A test of each row. `from`: what the peer has sent before it. */
export function rows(role: Role, from: keyof typeof before, table: readonly Row[]): void {
  for (const [rule, steps, refused] of table) {
    test(`${rule}: ${refused === "" ? "taken or passed over" : refused}`, () => {
      for (const cut of [Infinity, 1])
        check(role, role === "server" ? before[from] : [settings()], steps, refused, cut);
    });
  }
}

function check(role: Role, first: readonly Step[], steps: readonly Step[], refused: string, cut: number): void {
  const half = new Half(role);
  half.take();
  for (const step of [...first, ...steps]) {
    if (typeof step === "function") step(half);
    else for (let at = 0; at < step.length; at += cut) half.session.receive(step, at, Math.min(step.length, at + cut));
  }
  assert.equal(refusals(half.take()), refused, `in pieces of ${cut}`);
  const failures = half.events.filter((event) => event.startsWith("failed"));
  assert.equal(failures.length, /goaway [^0]/.test(refused) ? 1 : 0);
  if (!refused.includes("goaway") && role === "server" && half.session.greeted) servesOn(half);
}

function servesOn(half: Half): void {
  const before = half.streams.length;
  const request = headers(2 ** 31 - 1, get);
  for (const { stream } of half.streams) stream?.reset(8);
  half.take();
  half.session.receive(request, 0, request.length);
  assert.equal(half.streams.length, before + 1, "it does not serve on");
  assert.deepEqual(half.streams.at(-1)?.events, [`opened ${get.join(" ")} end`]);
}
