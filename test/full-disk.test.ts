/** A disk that fills up: what is not stored is refused, what was stored is kept, and what runs goes on. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isRoot, networks, place, pod, start } from "./attempt.ts";
import { leftovers } from "./leftovers.ts";
import { type Finished, run, until, weftProgram } from "./weft.ts";

/** A small disk at `data` of a folder, in a mount namespace of its own: gone with the process that holds it. */
class SmallDisk {
  readonly folder: string;
  readonly #holder: ChildProcess;

  constructor(folder: string, size: string) {
    this.folder = folder;
    mkdirSync(join(folder, "data"));
    const script =
      'mount -t tmpfs -o mode=700,size="$0" small data && echo mounted && exec env --ignore-environment sleep 600';
    this.#holder = spawn("unshare", ["--mount", "sh", "-c", script, size], {
      cwd: folder,
      stdio: ["ignore", "pipe", 2],
    });
  }

  /** What starts a program where the disk is. */
  get inside(): [string, ...string[]] {
    // Entered again from inside, or the folder would be the one below the disk.
    const here = ["sh", "-c", 'cd "$0" && exec "$@"', this.folder];
    return ["nsenter", "--target", String(this.#holder.pid), "--mount", ...here, process.execPath];
  }

  async mounted(): Promise<void> {
    await new Promise((resolve) => this.#holder.stdout?.once("data", resolve));
  }

  weft(args: readonly string[], input = ""): Promise<Finished> {
    const [command, ...before] = this.inside;
    return run(command, [...before, weftProgram, ...args, "--data-dir=data"], {
      env: { ...process.env, HOME: this.folder },
      input,
    });
  }

  sh(script: string): Promise<Finished> {
    const [command, ...before] = this.inside;
    return run(command, [...before.slice(0, -1), "sh", "-c", script]);
  }

  /** Until nothing more goes on it. */
  fill = () => this.sh("head --bytes=16M /dev/zero > data/filler");
  makeRoom = () => this.sh("rm data/filler");
  close = () => this.#holder.kill("SIGKILL");
}

const disks: SmallDisk[] = [];
after(() => {
  for (const disk of disks) disk.close();
});

async function smallDisk(size: string): Promise<SmallDisk> {
  const disk = new SmallDisk(
    place({
      "p.yaml": `${pod('command: [sh, -c, "while echo I still run; do sleep 0.1; done"]')}---\n${pod("command: [sleep, '1000']", "q")}`,
    }),
    size,
  );
  disks.push(disk);
  await disk.mounted();
  return disk;
}

const configMap = (name: string) => `apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}}
data: {text: "${"x".repeat(20_000)}"}
`;

for (const network of networks) {
  describe(`a full disk (${network})`, { skip: !isRoot, concurrency: 2 }, () => {
    for (const size of ["16k", "64k", "100k", "200k"]) {
      test(`of ${size} at the start is told in one sentence, and nothing is left running`, async () => {
        const disk = await smallDisk(size);
        const up = start(disk.folder, ["p.yaml", `--network=${network}`], disk.inside);
        await until(() => up.child.exitCode !== null, 20_000);
        assert.equal(up.child.exitCode, 1, up.output());
        assert.match(up.output(), /^weft: (no room to write to|cannot write|the disk is full).*[;\n].*make room on/m);
        assert.doesNotMatch(up.output(), /this should not happen|^\s+at /m);
        assert.deepEqual(leftovers(disk.folder), []);
      });
    }

    test("while a mesh runs refuses what cannot be stored, loses nothing, and is mended by room", async () => {
      const disk = await smallDisk("3m");
      const up = start(disk.folder, ["p.yaml", `--network=${network}`], disk.inside);
      await until(() => /^weft is ready/m.test(up.output()), 20_000);
      await disk.fill();
      const kept: string[] = [];
      let refusal: Finished | undefined;
      for (let n = 0; n < 8 && !refusal; n++) {
        const done = await disk.weft(["apply", "-f", "-"], configMap(`c${n}`));
        if (done.code === 0) kept.push(`configmap/c${n}`);
        else refusal = done;
      }
      assert.match(refusal?.stderr ?? "", /^weft: configmap\/c\d: no room to write to .*make room on the disk/m);
      const status = await disk.weft(["status"]);
      assert.equal(status.code, 0, status.stdout);
      assert.match(status.stdout, /the disk is full: nothing more can be stored/);
      assert.match((await disk.weft(["get", "pods"])).stdout, /^p +1\/1 +Running +0 /m);
      await disk.makeRoom();
      assert.equal((await disk.weft(["apply", "-f", "-"], configMap("later"))).code, 0);
      kept.push("configmap/later");
      const lines = async () => (await disk.weft(["logs", "p", "--tail=1000"])).stdout.split("\n").length;
      const before = await lines();
      await until(async () => (await lines()) > before, 5000);
      await up.stop("SIGKILL");
      const again = start(disk.folder, [`--network=${network}`], disk.inside);
      await until(() => /^weft is ready/m.test(again.output()), 20_000);
      const there = (await disk.weft(["get", "configmaps", "-o", "name"])).stdout.split("\n");
      assert.deepEqual(
        kept.filter((name) => !there.includes(name)),
        [],
      );
      assert.equal(await again.stop(), 0);
      assert.deepEqual(leftovers(disk.folder), []);
    });
  });
}
