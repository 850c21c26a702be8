import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { AgentBench, orderOf } from "./lifecycle/fixture.ts";

let bench: AgentBench;
beforeEach(() => void (bench = new AgentBench()));
afterEach(() => bench.close());

describe("the node agent", () => {
  it("says that it is ready, and passes names on", async () => {
    await bench.until("ready", () => bench.reports.length > 0);
    assert.deepEqual(bench.reports, [{ kind: "ready", network: "netns" }]);
    bench.send({ kind: "names", hosts: { u1: { reviews: ["127.1.0.1"] } } });
    assert.deepEqual(bench.host.named, { u1: { reviews: ["127.1.0.1"] } });
  });

  it("ends a deleted pod gracefully: not ready at once, then a signal, then a kill, then it is gone", async () => {
    const order = orderOf({ containers: [{}, { run: "stubborn" }] }, { volumes: { scratch: { kind: "empty" } } });
    bench.pods(order);
    await bench.until("ready", () => bench.last.ready);
    bench.pods({ ...order, deleting: { graceSeconds: 4 } });
    await bench.until("not ready", () => !bench.last.ready);
    assert.equal(bench.last.phase, "Running");
    assert.ok(bench.events.includes("Killing: Stopping container main"));
    await bench.until("signals", () => bench.process("main1").signals.length === 1);
    assert.deepEqual(bench.process().signals, ["SIGTERM"]);
    await bench.advance(3000);
    assert.ok(bench.process("main1").alive);
    assert.ok(!bench.removed);
    await bench.advance(1000);
    await bench.until("removed", () => bench.removed);
    assert.equal(bench.status().state?.terminated?.exitCode, 143);
    assert.equal(bench.host.closed, 1);
    assert.ok(!existsSync(join(bench.folder, "agent/volumes/u1")));
    assert.deepEqual(readdirSync(bench.logDir), []);
  });

  it("hurries when it is told of less grace", async () => {
    const order = orderOf({ containers: [{ run: "stubborn" }] });
    bench.pods(order);
    await bench.until("ready", () => bench.last.ready);
    bench.pods({ ...order, deleting: { graceSeconds: 600 } });
    await bench.until("signal", () => bench.process().signals.length === 1);
    bench.pods({ ...order, deleting: { graceSeconds: 0 } });
    await bench.advance(1, 1);
    await bench.until("removed", () => bench.removed);
    assert.deepEqual(bench.process().signals, ["SIGTERM", "SIGKILL"]);
  });

  it("ends what is no longer wanted, with the grace of its spec", async () => {
    bench.pods(orderOf({ terminationGracePeriodSeconds: 2, containers: [{ run: "stubborn" }] }));
    await bench.until("ready", () => bench.last.ready);
    bench.pods();
    await bench.advance(2000);
    await bench.until("removed", () => bench.removed);
    assert.deepEqual(bench.process().signals, ["SIGTERM", "SIGKILL"]);
  });

  it("ends a pod that waits to start again, or never started", async () => {
    const order = orderOf({ containers: [{ run: "exit 1" }] });
    bench.pods(order);
    await bench.until("ended", () => bench.status().state?.terminated !== undefined);
    bench.pods({ ...order, deleting: { graceSeconds: 30 } });
    await bench.until("removed", () => bench.removed);
    bench.reports.length = 0;
    bench.pods({ ...order, blocked: { reason: "ContainerCreating", message: "no" } });
    await bench.until("waiting", () => bench.status().state?.waiting?.message === "no");
    bench.pods();
    await bench.until("removed again", () => bench.removed);
  });

  it("keeps a pod anew whose sandbox has gone, and counts that as a restart", async () => {
    bench.pods(orderOf({ containers: [{}] }));
    await bench.until("ready", () => bench.last.ready);
    bench.host.lose();
    await bench.until("opened again", () => bench.host.opened.length === 2);
    await bench.until("ready again", () => bench.last.ready);
    assert.equal(bench.status().restartCount, 1);
    assert.ok(bench.events.some((event) => event.startsWith("SandboxChanged: ")));
    assert.ok(!bench.removed);
  });

  it("answers for a deleted pod it does not know", async () => {
    bench.pods(orderOf({ containers: [{}] }, { deleting: { graceSeconds: 30 } }));
    await bench.until("removed", () => bench.removed);
    assert.equal(bench.host.opened.length, 0);
  });

  it("when told to stop ends all pods at the same time and keeps their output", async () => {
    const order = orderOf({ containers: [{ run: "stubborn" }] });
    const pod = { ...order.pod, metadata: { ...order.pod.metadata, name: "other", uid: "u2" } };
    bench.pods(order, { ...order, pod });
    await bench.until("both", () => bench.host.processes.length === 2 && bench.last.ready);
    bench.send({ kind: "stop" });
    await bench.advance(30_000, 10_000);
    await bench.done;
    assert.ok(!bench.removed);
    assert.equal(bench.last.phase, "Running");
    assert.deepEqual(readdirSync(bench.logDir).sort(), ["default_other_u2", "default_web_u1"]);
  });
});
