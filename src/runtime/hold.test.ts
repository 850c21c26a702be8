import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { AgentBench, orderOf } from "./lifecycle/fixture.ts";

let bench: AgentBench;
beforeEach(() => void (bench = new AgentBench({ hold: 5000 })));
afterEach(() => bench.close());

describe("a program whose calls nobody would carry yet", () => {
  it("waits, its pod's address told, until the mesh serves it", async () => {
    bench.pods(orderOf({ initContainers: [{ run: "exit 0" }], containers: [{}] }));
    await bench.until("address", () => bench.last.podIP !== undefined);
    await bench.settle();
    assert.equal(bench.host.processes.length, 0);
    bench.send({ kind: "served", pods: ["default/other"] });
    await bench.settle();
    assert.equal(bench.host.processes.length, 0);
    bench.send({ kind: "served", pods: ["default/web"] });
    await bench.until("ready", () => bench.last.ready);
  });

  it("starts all the same when the mesh is late", async () => {
    bench.pods(orderOf({ containers: [{}] }));
    await bench.until("address", () => bench.last.podIP !== undefined);
    await bench.advance(4999);
    assert.equal(bench.host.processes.length, 0);
    await bench.advance(1);
    await bench.until("ready", () => bench.last.ready);
  });

  it("never starts when its pod is deleted meanwhile", async () => {
    const order = orderOf({ containers: [{}] });
    bench.pods(order);
    await bench.until("address", () => bench.last.podIP !== undefined);
    bench.pods({ ...order, deleting: { graceSeconds: 30 } });
    await bench.until("removed", () => bench.removed);
    assert.equal(bench.host.processes.length, 0);
  });
});
