import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ManualClock, silentLog, systemClock } from "../../base/index.ts";
import {
  ContainerLog,
  containerLogFolder,
  type ContainerLogOptions,
  keepLogsOf,
  type LogRequest,
  readLogs,
  removeLogs,
} from "./index.ts";

const owner = { namespace: "default", pod: "web", uid: "u1" };
let logDir = "";
let clock = new ManualClock();
beforeEach(() => {
  logDir = mkdtempSync(join(tmpdir(), "weft-logs-"));
  clock = new ManualClock(Date.UTC(2026, 0, 1));
});
afterEach(() => rmSync(logDir, { recursive: true, force: true }));

const folder = () => join(logDir, "default_web_u1", "main");
const open = (restart = 0, options: Partial<ContainerLogOptions> = {}) =>
  new ContainerLog({ folder: folder(), restart, clock, log: silentLog, ...options });
const request = (options: Partial<LogRequest> = {}): LogRequest => ({
  ...owner,
  container: "main",
  follow: false,
  previous: false,
  timestamps: false,
  signal: new AbortController().signal,
  ...options,
});
async function read(options: Partial<LogRequest> = {}): Promise<string> {
  let text = "";
  for await (const piece of readLogs({ logDir, clock: systemClock }, request(options))) text += piece.toString();
  return text;
}
const say = (log: ContainerLog, text: string, stream: "stdout" | "stderr" = "stdout") =>
  log.write(stream, Buffer.from(text));

describe("output of containers", () => {
  it("is kept of pods with the longest names there are, and goes with them", async () => {
    const long = { namespace: "n".repeat(63), pod: "p".repeat(253), uid: "0".repeat(36) };
    const log = open(0, { folder: containerLogFolder(logDir, long, "main") });
    say(log, "one\n");
    log.end("last");
    assert.equal(await read(long), "one\n");
    await removeLogs(logDir, long);
    assert.deepEqual(readdirSync(logDir), []);
  });

  it("is stored as CRI lines, cut at newlines across chunks", async () => {
    const log = open();
    say(log, "one\ntw");
    clock.advance(5);
    say(log, "bad\n", "stderr");
    say(log, "o\nlast");
    log.end("last");
    assert.equal(
      readFileSync(join(folder(), "0.log"), "utf8"),
      [
        "2026-01-01T00:00:00.000000000Z stdout F one",
        "2026-01-01T00:00:00.005000000Z stderr F bad",
        "2026-01-01T00:00:00.005000000Z stdout F two",
        "2026-01-01T00:00:00.005000000Z stdout F last",
        "",
      ].join("\n"),
    );
    assert.equal(await read(), "one\nbad\ntwo\nlast\n");
  });

  it("of very long lines is stored in partial lines and read as one", async () => {
    const log = open();
    const long = "x".repeat(40_000);
    say(log, `${long}\nend\n`);
    const tags = readFileSync(join(folder(), "0.log"), "utf8").match(/ stdout [FP] /g);
    assert.deepEqual(tags, [" stdout P ", " stdout P ", " stdout F ", " stdout F "]);
    assert.equal(await read(), `${long}\nend\n`);
    const stamped = await read({ timestamps: true });
    assert.equal(stamped.match(/2026-/g)?.length, 2);
  });

  it("is rotated, and read across what is left", async () => {
    const log = open(0, { fileSize: 100, files: 3 });
    for (let line = 0; line < 20; line += 1) say(log, `line ${line}\n`);
    assert.deepEqual(readdirSync(folder()).sort(), ["0.log", "0.log.8", "0.log.9"]);
    assert.equal(await read(), "line 16\nline 17\nline 18\nline 19\n".replace(/^/, "line 14\nline 15\n"));
    assert.equal(await read({ tailLines: 3 }), "line 17\nline 18\nline 19\n");
  });

  it("of this start and the one before is kept", async () => {
    for (const restart of [0, 1, 2]) {
      const log = open(restart);
      say(log, `start ${restart}\n`);
      if (restart < 2) log.end("again");
    }
    assert.equal(await read(), "start 2\n");
    assert.equal(await read({ previous: true }), "start 1\n");
    assert.ok(!existsSync(join(folder(), "0.log")));
  });

  it("is tailed, limited and cut by time as kubectl asks", async () => {
    const log = open();
    for (const word of ["a", "b", "c"]) {
      say(log, `${word}\n`);
      clock.advance(1000);
    }
    assert.equal(await read({ tailLines: 2 }), "b\nc\n");
    assert.equal(await read({ tailLines: 0 }), "");
    assert.equal(await read({ tailLines: 9 }), "a\nb\nc\n");
    assert.equal(await read({ limitBytes: 3 }), "a\nb");
    assert.equal(await read({ sinceTime: Date.UTC(2026, 0, 1, 0, 0, 1) }), "b\nc\n");
    assert.equal(await read({ timestamps: true, tailLines: 1 }), "2026-01-01T00:00:02.000000000Z c\n");
    let recent = "";
    for await (const piece of readLogs({ logDir, clock }, request({ sinceSeconds: 1 }))) recent += piece.toString();
    assert.equal(recent, "c\n");
  });

  it("is missing with a sentence when the container never started", async () => {
    await assert.rejects(read(), { code: "log-missing" });
    open();
    assert.equal(await read(), "");
    await assert.rejects(read({ previous: true }), { code: "log-missing", message: /previous terminated container/ });
  });

  it("is followed across rotation until the container ends", async () => {
    const pieces: string[] = [];
    const reading = (async () => {
      for await (const piece of readLogs({ logDir, clock: quick }, request({ follow: true })))
        pieces.push(piece.toString());
    })();
    await quick.turn();
    const log = open(0, { fileSize: 100, files: 5 });
    for (let line = 0; line < 6; line += 1) {
      say(log, `line ${line}\n`);
      await quick.turn();
    }
    log.end("again");
    await reading;
    assert.equal(pieces.join(""), "line 0\nline 1\nline 2\nline 3\nline 4\nline 5\n");
  });

  it("is no longer followed once the reader has gone", async () => {
    const aborter = new AbortController();
    open();
    const reading = read({ follow: true, signal: aborter.signal });
    aborter.abort();
    assert.equal(await reading, "");
  });

  it("of pods that are gone is removed", async () => {
    open();
    await keepLogsOf(logDir, new Set(["u1"]));
    assert.ok(existsSync(folder()));
    await keepLogsOf(logDir, new Set(["u2"]));
    assert.deepEqual(readdirSync(logDir), []);
    await keepLogsOf(join(logDir, "none"), new Set());
    open();
    await removeLogs(logDir, owner);
    assert.deepEqual(readdirSync(logDir), []);
  });

  it("leaves last whole lines of at most 2 KiB", () => {
    const log = open();
    say(log, `${"y".repeat(3000)}\nwhy it ended\n`);
    assert.equal(log.lastWords, "why it ended");
  });
});

/** Every pause is a turn of the event loop. */
const quick = {
  ...systemClock,
  after(_delay: number, run: () => void) {
    const handle = setImmediate(run);
    return { cancel: () => clearImmediate(handle) };
  },
  turn: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
};
