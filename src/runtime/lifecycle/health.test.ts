import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { AgentBench, orderOf } from "./fixture.ts";

let bench: AgentBench;
beforeEach(() => void (bench = new AgentBench()));
afterEach(() => bench.close());

const exec = (...command: string[]) => ({ exec: { command } });
const main = () => bench.host.processes.findLast(({ spec }) => spec.argv[0] === "serve" || spec.argv[0] === "stubborn");
const isRunning = () => bench.status().state?.running !== undefined;

describe("probes", () => {
  it("of readiness make a container ready, and unready without ending it", async () => {
    const readinessProbe = { ...exec("print", "warming up", "1"), periodSeconds: 5 };
    bench.pods(orderOf({ containers: [{ readinessProbe }] }));
    await bench.until("running", isRunning);
    await bench.advance(1000, 50);
    assert.equal(bench.last.ready, false);
    assert.equal(bench.status().started, true);
    readinessProbe.exec.command[2] = "0";
    bench.pods();
    await bench.until("removed", () => bench.removed);
    bench.pods(orderOf({ containers: [{ readinessProbe }] }));
    await bench.until("running", isRunning);
    await bench.advance(50, 10);
    await bench.until("ready", () => bench.last.ready);
    readinessProbe.exec.command[2] = "1";
    await bench.advance(15_000);
    assert.equal(bench.last.ready, false);
    assert.ok(bench.events.includes("Unhealthy: Readiness probe failed: warming up"));
    assert.deepEqual(main()?.signals, []);
  });

  it("of liveness that fail end the container, which starts again", async () => {
    const livenessProbe = { ...exec("exit", "1"), periodSeconds: 2, failureThreshold: 2 };
    bench.pods(orderOf({ terminationGracePeriodSeconds: 5, containers: [{ run: "stubborn", livenessProbe }] }));
    await bench.until("running", isRunning);
    const first = main();
    await bench.advance(2000);
    await bench.until("signal", () => first?.signals.length === 1);
    assert.ok(bench.events.includes("Killing: Container main failed liveness probe, will be restarted"));
    assert.ok(bench.events.some((event) => event.startsWith("Unhealthy: Liveness probe failed: command")));
    assert.equal(bench.last.ready, false);
    await bench.advance(5000);
    assert.deepEqual(first?.signals, ["SIGTERM", "SIGKILL"]);
    await bench.until("ended", () => bench.status().state?.terminated !== undefined);
    assert.equal(bench.status().state?.terminated?.exitCode, 137);
    assert.equal(bench.status().state?.terminated?.signal, 9);
    await bench.advance(1000);
    await bench.until("again", isRunning);
    assert.equal(bench.status().restartCount, 1);
  });

  it("of startup hold the others back", async () => {
    const livenessProbe = { ...exec("exit", "1"), periodSeconds: 1, failureThreshold: 1 };
    const startupProbe = { ...exec("exit", "1"), periodSeconds: 1, failureThreshold: 3 };
    bench.pods(orderOf({ containers: [{ livenessProbe, startupProbe }] }));
    await bench.until("running", isRunning);
    await bench.advance(2900, 100);
    assert.equal(bench.status().started, false);
    assert.deepEqual(main()?.signals, []);
    await bench.advance(1000, 100);
    assert.deepEqual(main()?.signals, ["SIGTERM"]);
    assert.ok(bench.events.includes("Killing: Container main failed startup probe, will be restarted"));
  });

  it("by exec that take too long fail and are killed", async () => {
    const readinessProbe = { ...exec("stubborn"), timeoutSeconds: 2, periodSeconds: 2 };
    bench.pods(orderOf({ containers: [{ readinessProbe }] }));
    await bench.until("running", isRunning);
    await bench.advance(1);
    const probe = bench.process();
    await bench.advance(2000);
    assert.deepEqual(probe.signals, ["SIGKILL"]);
    assert.ok(
      bench.events.includes('Unhealthy: Readiness probe failed: command timed out: "stubborn" timed out after 2s'),
    );
  });
});

describe("hooks", () => {
  it("after the start hold back what comes next; when they fail the container is ended", async () => {
    const lifecycle = { postStart: exec("stubborn") };
    bench.pods(orderOf({ containers: [{ lifecycle }, {}] }));
    await bench.until("hook", () => bench.process().spec.argv[0] === "stubborn");
    assert.equal(bench.status().state?.waiting?.reason, "ContainerCreating");
    assert.equal(bench.host.processes.length, 2);
    bench.process().exit(0);
    await bench.until("both", () => bench.last.ready);
    bench.pods();
    await bench.until("removed", () => bench.removed);
    bench.pods(orderOf({ containers: [{ lifecycle: { postStart: exec("print", "no luck", "1") } }] }));
    await bench.until("failure", () => bench.events.includes("FailedPostStartHook: PostStartHook failed: no luck"));
    await bench.until("ended", () => bench.status().state?.terminated !== undefined);
  });

  it("before the stop are done before the signal, within the grace", async () => {
    const lifecycle = { preStop: { sleep: { seconds: 5 } } };
    const order = orderOf({ containers: [{ run: "stubborn", lifecycle }] });
    bench.pods(order);
    await bench.until("ready", () => bench.last.ready);
    bench.pods({ ...order, deleting: { graceSeconds: 8 } });
    await bench.until("not ready", () => !bench.last.ready);
    await bench.advance(4000);
    assert.deepEqual(bench.process().signals, []);
    await bench.advance(1000);
    assert.deepEqual(bench.process().signals, ["SIGTERM"]);
    await bench.advance(2000);
    assert.deepEqual(bench.process().signals, ["SIGTERM"]);
    await bench.advance(1000);
    assert.deepEqual(bench.process().signals, ["SIGTERM", "SIGKILL"]);
    await bench.until("removed", () => bench.removed);
  });

  it("that use up the grace leave the program two seconds", async () => {
    const order = orderOf({ containers: [{ run: "stubborn", lifecycle: { preStop: { sleep: { seconds: 50 } } } }] });
    bench.pods(order);
    await bench.until("ready", () => bench.last.ready);
    bench.pods({ ...order, deleting: { graceSeconds: 3 } });
    await bench.advance(3000);
    await bench.advance(2000);
    assert.deepEqual(bench.process().signals, ["SIGTERM", "SIGKILL"]);
  });
});
