import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { AgentBench, orderOf } from "./fixture.ts";

let bench: AgentBench;
beforeEach(() => void (bench = new AgentBench()));
afterEach(() => bench.close());

describe("a container that ends", () => {
  it("starts again after 1 s, then after 10 s doubling to 5 min, and its state says so", async () => {
    bench.pods(orderOf({ containers: [{ run: "print boom 3" }] }));
    await bench.until("the first end", () => bench.status().state?.terminated !== undefined);
    const { terminated } = bench.status().state ?? {};
    assert.equal(terminated?.exitCode, 3);
    assert.equal(terminated?.reason, "Error");
    assert.equal(terminated?.message, "boom");
    assert.equal(bench.last.phase, "Running");
    await bench.advance(1000);
    const waits: string[] = [];
    for (const seconds of [10, 20, 40, 80, 160, 300, 300]) {
      await bench.until("back-off", () => bench.status().state?.waiting?.reason === "CrashLoopBackOff");
      waits.push(bench.status().state?.waiting?.message ?? "");
      assert.equal(bench.status().lastState?.terminated?.exitCode, 3);
      const before = bench.host.processes.length;
      await bench.advance(seconds * 1000 - 1, seconds * 1000);
      assert.equal(bench.host.processes.length, before);
      await bench.advance(1);
      assert.equal(bench.host.processes.length, before + 1);
    }
    assert.equal(waits[0], "back-off 10s restarting failed container=main pod=web_default(u1)");
    assert.deepEqual(
      waits.map((text) => text.split(" ")[1]),
      ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"],
    );
    assert.equal(bench.status().restartCount, 8);
    assert.ok(bench.events.includes("BackOff: Back-off restarting failed container main in pod web_default(u1)"));
  });

  it("is forgiven after ten minutes of running", async () => {
    bench.pods(orderOf({ containers: [{}] }));
    for (const restarts of [0, 1]) {
      await bench.until("running", () => bench.status().state?.running !== undefined);
      assert.equal(bench.status().restartCount, restarts);
      await bench.advance(600_000, 100_000);
      bench.process().exit(1);
      await bench.until("ended", () => bench.status().state?.terminated !== undefined);
      await bench.advance(1000);
    }
    await bench.until("running", () => bench.status().state?.running !== undefined);
    assert.equal(bench.status().restartCount, 2);
  });

  it("leaves the others and the sandbox alone", async () => {
    bench.pods(orderOf({ containers: [{}, {}] }));
    await bench.until("both", () => bench.last.ready);
    const other = bench.process("main1");
    bench.process().exit(1);
    await bench.until("ended", () => bench.status().state?.terminated !== undefined);
    assert.equal(bench.last.ready, false);
    await bench.advance(1000);
    await bench.until("back", () => bench.last.ready);
    assert.equal(bench.process("main1"), other);
    assert.ok(other.alive);
    assert.equal(bench.host.opened.length, 1);
    assert.equal(bench.last.podIP, "10.244.0.9");
    assert.equal(bench.status().lastState?.terminated?.exitCode, 1);
  });

  it("stays ended when its policy says so, and the pod with it", async () => {
    bench.pods(orderOf({ restartPolicy: "OnFailure", containers: [{ run: "exit 0" }] }));
    await bench.until("success", () => bench.last.phase === "Succeeded");
    assert.equal(bench.status().state?.terminated?.reason, "Completed");
    assert.equal(bench.host.closed, 1);
    bench.pods();
    await bench.until("removed", () => bench.removed);
    bench.pods(orderOf({ restartPolicy: "Never", containers: [{ run: "exit 0" }, { run: "exit 1" }] }));
    await bench.until("failure", () => bench.last.phase === "Failed");
    await bench.advance(20_000);
    assert.equal(bench.status("main1").restartCount, 0);
  });

  it("says why it could not be started", async () => {
    bench.pods(orderOf({ containers: [{ run: "missing" }] }));
    await bench.until("refusal", () => bench.status().state?.waiting?.reason === "RunContainerError");
    const message = "failed to start the program: spawn missing ENOENT";
    assert.equal(bench.status().state?.waiting?.message, message);
    assert.equal(bench.status().lastState?.terminated?.reason, "StartError");
    assert.equal(bench.status().lastState?.terminated?.exitCode, 128);
    assert.ok(bench.events.includes(`Failed: Error: ${message}`));
    await bench.advance(1000);
    await bench.until("back-off", () => bench.status().state?.waiting?.reason === "CrashLoopBackOff");
  });

  it("counts on from the status it had under an earlier agent", async () => {
    const before = { name: "main", image: "", imageID: "", ready: false, restartCount: 4, containerID: "weft://x" };
    bench.pods(orderOf({ containers: [{}] }, { status: { containerStatuses: [before] } }));
    await bench.until("running", () => bench.status().state?.running !== undefined);
    assert.equal(bench.status().restartCount, 5);
  });

  it("starts anew at once with a new image", async () => {
    bench.pods(orderOf({ containers: [{}] }));
    await bench.until("running", () => bench.last.ready);
    const before = bench.process();
    bench.pods(orderOf({ containers: [{ image: "shop:2" }] }));
    await bench.until("restarted", () => bench.process() !== before && bench.last.ready);
    assert.equal(bench.status().image, "shop:2");
    assert.equal(bench.status().restartCount, 1);
    assert.ok(bench.events.includes("Killing: Container main definition changed, will be restarted"));
  });
});
