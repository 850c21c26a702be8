import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { dataDirAt, type RunningMesh, type Summary, type UpOptions, writeRecord } from "../app/index.ts";
import { Fault } from "../base/index.ts";
import { readArguments } from "./arguments.ts";
import type { Compositions } from "./compositions.ts";
import { heldTerminal, readyMesh, waitingMesh } from "./fixtures.ts";
import type { Verb } from "./verb.ts";
import { downWith } from "./verbs/down.ts";
import { statusWith } from "./verbs/status.ts";
import { upWith } from "./verbs/up.ts";
import type { VerbName } from "./verbs.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-lifecycle-"));
after(() => rmSync(folder, { recursive: true }));
const running = join(folder, "running");
mkdirSync(running);
writeRecord(dataDirAt(running), { api: readyMesh.api, network: "loopback" });

/** Compositions that only say they run something. */
function pretend(summaries: readonly Summary[] = [readyMesh]) {
  const seen: UpOptions[] = [];
  const calls: string[] = [];
  let end: (error?: unknown) => void = () => undefined;
  const left = [...summaries];
  const compositions: Compositions = {
    async runUp(options, progress) {
      seen.push(options);
      progress({ id: "a", label: "details-v1", state: "working" });
      progress({ id: "a", label: "details-v1", state: "done", detail: "1/1" });
      const closed = new Promise<void>((resolve, reject) => {
        end = (error) => (error === undefined ? resolve() : reject(error));
      });
      const mesh: RunningMesh = {
        summary: async () => (left.length > 1 ? left.shift() : left[0]) ?? readyMesh,
        closed,
        close: async () => void calls.push("close"),
      };
      return mesh;
    },
    readStatus: async () => left[0] ?? readyMesh,
    async takeDown(dataDir) {
      calls.push("takeDown");
      return dataDir === running;
    },
  };
  return { load: async () => compositions, compositions, seen, calls, end: (error?: unknown) => end(error) };
}

function start(name: VerbName, verb: Verb, line: string, input = "") {
  const terminal = heldTerminal({ input: () => Promise.resolve(input) });
  const code = verb.run(readArguments(name, verb, line.split(" "), terminal));
  const until = async (isSo: () => boolean) => {
    for (let turns = 0; turns < 1000 && !isSo(); turns += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(isSo(), JSON.stringify(terminal.said));
  };
  return { terminal, said: terminal.said, code, until };
}

describe("weft up", () => {
  test("says what runs, where, how to stop it, and in its last line that it is ready", async () => {
    const mesh = pretend();
    const { said, code, terminal, until } = start("up", upWith(mesh.load), "--data-dir x;y --api-port 0");
    terminal.clock.advance(3170);
    await until(() => said.out.includes("weft is"));
    const lines = said.out.trimEnd().split("\n");
    assert.equal(lines[0], "details-v1: 1/1");
    for (const part of [/^✔ reviews-v1 +2\/2$/m, /^ {2}http:\/\/127.0.0.1:8080\/productpage +default\/bookinfo$/m])
      assert.match(said.out, part);
    assert.match(said.out, /export KUBECONFIG='\/tmp\/my mesh\/kubeconfig'/);
    assert.deepEqual(lines.slice(-2), [
      "Ctrl-C stops it, and so does: weft down --data-dir 'x;y'",
      "weft is ready in 3.2 s",
    ]);
    terminal.stop();
    assert.equal(await code, 0);
    assert.deepEqual(mesh.calls, ["close"]);
    assert.match(said.err, /ending everything.*\nweft is down\n$/s);
  });

  test("reads and checks its files first, and starts nothing when they have errors", async () => {
    const mesh = pretend();
    const { code, said } = start("up", upWith(mesh.load), "-", "apiVersion: v1\nkind: Servce\nmetadata: {name: a}\n");
    assert.equal(await code, 1);
    assert.match(said.err, /^stdin:2:7: error: [^]*did you mean `Service`[^]*1 error; nothing was started\n$/);
    assert.deepEqual(mesh.seen, []);
  });

  test("hands over what was read, in the order of need, and the settings", async () => {
    const mesh = pretend();
    const input =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n";
    const { code, terminal, until } = start(
      "up",
      upWith(mesh.load),
      "- --http-port 0 --network loopback --patience 5",
      input,
    );
    await until(() => mesh.seen.length > 0);
    const [options] = mesh.seen;
    assert.deepEqual(
      options?.objects.map(({ kind, metadata }) => [kind, metadata.namespace]),
      [
        ["Namespace", undefined],
        ["ConfigMap", "default"],
      ],
    );
    const { objects: _, ...settings } = options ?? { objects: [] };
    assert.deepEqual(settings, {
      dataDir: ".weft",
      network: "loopback",
      apiPort: 16_443,
      httpPort: 0,
      httpsPort: 8443,
      patience: 5000,
    });
    terminal.stop();
    await code;
  });

  test("when not all is ready it says what is not, and later that it is", async () => {
    const mesh = pretend([waitingMesh, waitingMesh, readyMesh]);
    const { code, said, terminal, until } = start("up", upWith(mesh.load), "--data-dir x");
    const missing = "weft is up, but not everything is ready: pod shop/job (0/1): its image is not known\n";
    await until(() => said.out.endsWith(missing));
    assert.match(said.out, /port 8080 was taken/);
    for (let looks = 0; looks < 3; looks += 1) {
      terminal.clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => /weft is ready in \d+\.\d s\n$/.test(said.out));
    terminal.stop();
    assert.equal(await code, 0);
  });

  test("-o json leaves standard output to the summary", async () => {
    const { code, said, terminal, until } = start("up", upWith(pretend().load), "-o json");
    await until(() => said.err.includes("weft is ready in"));
    assert.deepEqual(JSON.parse(said.out), readyMesh);
    terminal.stop();
    await code;
  });

  test("Ctrl-C before it is up ends with 0 too", async () => {
    const mesh = pretend();
    const load = async (): Promise<Compositions> => ({
      ...mesh.compositions,
      runUp: (_options, _progress, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Fault("aborted", "aborted")))),
    });
    const { code, said, terminal, until } = start("up", upWith(load), "--data-dir x");
    await until(() => true);
    await new Promise((resolve) => setImmediate(resolve));
    terminal.stop();
    assert.equal(await code, 0);
    assert.match(said.err, /weft is down\n$/);
  });

  test("what ends the mesh unasked is thrown", async () => {
    const mesh = pretend();
    const { code, said, until } = start("up", upWith(mesh.load), "--data-dir x");
    await until(() => said.out.includes("weft is ready"));
    mesh.end(new Fault("disk-full", "the disk is full"));
    await assert.rejects(code, /the disk is full/);
  });

  test("ports are whole numbers up to 65535", async () => {
    for (const port of ["70000", "http"])
      await assert.rejects(
        start("up", upWith(pretend().load), `--http-port ${port}`).code,
        /--http-port .* from 0 to 65535/,
      );
  });
});

describe("weft status", () => {
  test("is 0 when all is ready and 1 when something is not", async () => {
    const ready = start("status", statusWith(pretend().load), `--data-dir ${running}`);
    assert.equal(await ready.code, 0);
    assert.match(ready.said.out, /process 4711, serves 3 workloads[^]*weft is ready\n$/);
    const waiting = start("status", statusWith(pretend([waitingMesh]).load), `--data-dir ${running}`);
    assert.equal(await waiting.code, 1);
    assert.match(waiting.said.out, /^✘ shop +pod +job +0\/1 +its image is not known$/m);
    assert.match(waiting.said.out, /not everything is ready: pod shop\/job/);
  });

  test("-o json prints the summary as it is", async () => {
    const { code, said } = start("status", statusWith(pretend().load), `-o json --data-dir ${running}`);
    assert.equal(await code, 0);
    assert.deepEqual(JSON.parse(said.out), readyMesh);
  });

  test("is 3 with one sentence when nothing runs, also when it ended while it was asked", async () => {
    const nowhere = join(folder, "nowhere");
    const { code, said } = start("status", statusWith(pretend().load), `--data-dir ${nowhere}`);
    assert.equal(await code, 3);
    assert.equal(said.err, `weft is not running here (${nowhere}); start it with: weft up samples/bookinfo\n`);
    const load = async () => ({
      ...pretend().compositions,
      readStatus: () => Promise.reject(new Fault("not-running", "gone")),
    });
    assert.equal(await start("status", statusWith(load), `--data-dir ${running}`).code, 3);
  });
});

describe("weft down", () => {
  test("ends what runs; that nothing runs is fine", async () => {
    const down = start("down", downWith(pretend().load), `--data-dir ${running}`);
    assert.deepEqual([await down.code, down.said.out], [0, "weft is down\n"]);
    const again = start("down", downWith(pretend().load), `--data-dir ${join(folder, "nowhere")}`);
    assert.equal(await again.code, 0);
    assert.match(again.said.out, /^weft is not running here \(.*\); nothing to stop\n$/);
  });
});
