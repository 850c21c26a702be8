/** Starting and ending in every wrong moment: whatever was begun is ended, and one data directory has one mesh. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { networks, place, pod, type Running, start, weft } from "./attempt.ts";
import { leftovers, processesNaming } from "./leftovers.ts";
import { until } from "./weft.ts";

const sleeper = pod("command: [sleep, '1000']");
const isReady = (up: Running) => /^weft is ready/m.test(up.output());
const hasEnded = ({ child }: Running) => child.exitCode !== null || child.signalCode !== null;

for (const network of networks) {
  describe(`starting (${network})`, { concurrency: 2 }, () => {
    test("twice on one data directory is refused the second time, and the first goes on", async () => {
      const here = place({ "p.yaml": sleeper });
      const first = start(here, ["p.yaml", `--network=${network}`]);
      await until(() => isReady(first), 20_000);
      const second = await weft(here, ["up", "--api-port=0", "--http-port=0", `--network=${network}`]);
      assert.equal(second.code, 1);
      assert.match(
        second.stderr,
        /^weft: a mesh already runs on .*\/data \(process \d+\)\n {2}stop it with `weft down`, or give .*--data-dir\n$/,
      );
      assert.equal((await weft(here, ["status"])).code, 0);
      assert.equal((await weft(here, ["down"])).stdout.split("\n").at(-2), "weft is down");
      await until(() => hasEnded(first));
      assert.deepEqual([first.child.exitCode, leftovers(here)], [0, []]);
      assert.equal((await weft(here, ["down"])).code, 0);
      assert.equal((await weft(here, ["status"])).code, 3);
    });

    test("two at the same moment: one of them runs, the other is refused", async () => {
      const here = place({ "p.yaml": sleeper });
      const both = [start(here, ["p.yaml", `--network=${network}`]), start(here, ["p.yaml", `--network=${network}`])];
      await until(() => both.some(hasEnded) && both.some(isReady), 20_000);
      const one = both.find(hasEnded);
      const other = both.find((up) => !hasEnded(up));
      assert.equal(one?.child.exitCode, 1, one?.output());
      assert.match(one?.output() ?? "", /^weft: (a mesh already runs on|.*store\.db is in use by process \d+)/m);
      assert.ok(other);
      assert.equal((await weft(here, ["status"])).code, 0);
      assert.equal(await other.stop(), 0);
      assert.deepEqual(leftovers(here), []);
    });

    for (const moment of ["", `node (${network})`, "control plane", "proxy", "objects"]) {
      test(`and Ctrl-C ${moment === "" ? "at once" : `after "${moment}"`} ends what was started`, async () => {
        const here = place({ "p.yaml": sleeper });
        const up = start(here, ["p.yaml", `--network=${network}`]);
        await until(() => (moment === "" ? processesNaming(here).length > 0 : up.output().includes(`${moment}\n`)));
        if (moment === "") await new Promise((resolve) => setTimeout(resolve, 150));
        const code = await up.stop();
        assert.ok(code === 0 || (moment === "" && up.child.signalCode === "SIGINT"), `${code} ${up.output()}`);
        assert.deepEqual(leftovers(here), []);
      });
    }

    for (const moment of [`node (${network})`, "control plane", "proxy"]) {
      test(`and kill -9 after "${moment}" ends all the others, and the next start works`, async () => {
        const here = place({ "p.yaml": sleeper });
        const up = start(here, ["p.yaml", `--network=${network}`]);
        await until(() => up.output().includes(`${moment}\n`));
        await up.stop("SIGKILL");
        await until(() => processesNaming(here).length === 0, 5000);
        assert.equal((await weft(here, ["status"])).code, 3);
        if (moment !== "proxy") return;
        const again = start(here, ["p.yaml", `--network=${network}`]);
        await until(() => isReady(again), 20_000);
        assert.equal(await again.stop(), 0);
        assert.deepEqual(leftovers(here), []);
      });
    }
  });

  describe(`in the background (${network})`, { concurrency: 2 }, () => {
    const detached = ["up", "--detach", "p.yaml", "--api-port=0", "--http-port=0", `--network=${network}`];

    test("it runs on until `weft down`, which leaves nothing", async () => {
      const here = place({ "p.yaml": sleeper });
      const up = await weft(here, detached);
      assert.equal(up.code, 0, up.stderr);
      assert.match(up.stdout, /^It runs in the background; stop it with: weft down --data-dir .*$/m);
      assert.equal((await weft(here, ["status"])).code, 0);
      const down = await weft(here, ["down"]);
      assert.deepEqual([down.code, leftovers(here)], [0, []], down.stderr);
    });

    test("what cannot start is told as in the foreground, and nothing is left", async () => {
      const here = place({ "p.yaml": pod("command: [no-such-program]") });
      const up = await weft(here, detached);
      assert.equal(up.code, 1);
      assert.match(up.stderr, /^weft: pod p cannot start: .*there is no program "no-such-program"/m);
      await until(() => leftovers(here).length === 0, 5000);
      assert.equal((await weft(here, ["status"])).code, 3);
    });
  });
}

test("with nothing running, every verb that needs a mesh says how to start one", async () => {
  const here = place({ "p.yaml": sleeper });
  for (const args of [
    ["apply", "-f", "p.yaml"],
    ["get", "pods"],
    ["delete", "pod", "p"],
    ["logs", "p"],
  ]) {
    const { code, stderr } = await weft(here, args);
    assert.deepEqual(
      [code, stderr],
      [1, "weft: weft is not running here (data); start it with: weft up samples/bookinfo\n"],
      args.join(" "),
    );
  }
  const status = await weft(here, ["status"]);
  assert.deepEqual([status.code, status.stdout], [3, ""]);
  const down = await weft(here, ["down"]);
  assert.deepEqual([down.code, down.stdout], [0, "weft is not running here (data); nothing to stop\n"]);
  assert.equal(existsSync(join(here, "data")), false);
  assert.equal(readFileSync(join(here, "p.yaml"), "utf8"), sleeper);
});
