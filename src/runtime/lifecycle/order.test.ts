import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { AgentBench, orderOf } from "./fixture.ts";

let bench: AgentBench;
beforeEach(() => void (bench = new AgentBench()));
afterEach(() => bench.close());

const running = (name: string) => bench.status(name).state?.running !== undefined;
const configOf = (text: string) => ({
  config: {
    kind: "files",
    files: [{ path: "ip", contentBase64: Buffer.from(text).toString("base64"), mode: 0o644 }],
  } as const,
});

describe("the containers of a pod", () => {
  it("start after its init containers, which run one after another until each succeeds", async () => {
    bench.pods(orderOf({ containers: [{}], initContainers: [{}, { run: "exit 0" }] }));
    await bench.until("first init", () => running("init"));
    assert.equal(bench.status().state?.waiting?.reason, "PodInitializing");
    assert.equal(bench.last.phase, "Pending");
    assert.equal(bench.last.initialized, false);
    bench.process("init").exit(1);
    await bench.until("its failure", () => bench.status("init").state?.terminated !== undefined);
    await bench.advance(1000);
    await bench.until("its restart", () => running("init"));
    assert.equal(bench.host.processes.length, 2);
    bench.process("init").exit(0);
    await bench.until("the pod", () => bench.last.ready);
    assert.deepEqual(
      bench.host.processes.map(({ spec }) => spec.container),
      ["init", "init", "init1", "main"],
    );
    assert.ok(bench.last.initialized);
    assert.equal(bench.status("init").ready, true);
    assert.equal(bench.status("init").state?.terminated?.reason, "Completed");
  });

  it("never start when an init container fails and nothing is to start again", async () => {
    bench.pods(orderOf({ restartPolicy: "Never", containers: [{}], initContainers: [{ run: "exit 2" }] }));
    await bench.until("failure", () => bench.last.phase === "Failed");
    assert.equal(bench.host.processes.length, 1);
    assert.equal(bench.status().state?.waiting?.reason, "PodInitializing");
  });

  it("start once their sidecar has started, and it ends after them", async () => {
    const startupProbe = { exec: { command: ["print", "not yet", "1"] } };
    const sidecar = { name: "proxy", restartPolicy: "Always", startupProbe };
    bench.pods(orderOf({ restartPolicy: "Never", containers: [{}], initContainers: [sidecar] }));
    await bench.until("the sidecar", () => running("proxy"));
    await bench.advance(300, 50);
    assert.ok(bench.host.processes.every(({ spec }) => spec.container === "proxy"));
    startupProbe.exec.command[2] = "0";
    bench.pods();
    await bench.until("removed", () => bench.removed);
    bench.pods(orderOf({ restartPolicy: "Never", containers: [{}], initContainers: [sidecar] }));
    await bench.until("the sidecar", () => running("proxy"));
    await bench.advance(100, 10);
    await bench.until("main", () => bench.last.ready);
    const proxy = bench.host.processes.findLast(({ spec }) => spec.container === "proxy" && spec.argv[0] === "serve");
    bench.process().exit(0);
    await bench.until("the end", () => bench.last.phase === "Succeeded");
    assert.deepEqual(proxy?.signals, ["SIGTERM"]);
    assert.equal(bench.status("proxy").restartCount, 0);
  });

  it("wait with the reason that holds them back, each for itself", async () => {
    const order = orderOf({ containers: [{}, {}] });
    const blocked = { reason: "ErrImagePull", message: 'no program is known for the image "shop:1"' };
    const [first, second] = order.containers;
    assert.ok(first && second);
    bench.pods({ ...order, containers: [{ ...first, blocked }, second] });
    await bench.until("the other", () => running("main1"));
    assert.deepEqual(bench.status().state, { waiting: blocked });
    assert.equal(bench.last.phase, "Pending");
    assert.ok(bench.events.includes(`Failed: Error: ${blocked.message}`));
    bench.pods(order);
    await bench.until("both", () => bench.last.ready);
    assert.equal(bench.last.phase, "Running");
  });

  it("wait with the reason that holds their pod back", async () => {
    const blocked = { reason: "ContainerCreating", message: 'configmap "settings" not found' };
    const order = orderOf({ containers: [{}] });
    bench.pods({ ...order, blocked });
    await bench.until("waiting", () => bench.status().state?.waiting?.message === blocked.message);
    assert.equal(bench.host.opened.length, 0);
    assert.equal(bench.last.podIP, undefined);
    bench.pods(order);
    await bench.until("ready", () => bench.last.ready);
    assert.ok(bench.events.includes(`FailedMount: ${blocked.message}`));
  });

  it("wait for a sandbox that cannot be made, and it is tried again", async () => {
    bench.host.refusal = new Error("no address is left");
    bench.pods(orderOf({ containers: [{}] }));
    await bench.until("waiting", () => bench.status().state?.waiting?.message?.includes("no address") === true);
    assert.ok(bench.events.includes("FailedCreatePodSandBox: Failed to create pod sandbox: no address is left"));
    await bench.advance(1000);
    await bench.until("ready", () => bench.last.ready);
  });

  it("see their volumes and the pod's address, and changed files without a restart", async () => {
    const spec = { containers: [{ volumeMounts: [{ name: "config", mountPath: "/etc/config" }] }] };
    bench.pods(orderOf(spec, { volumes: configOf("@weft-pod-ip@") }));
    await bench.until("ready", () => bench.last.ready);
    const source = join(bench.folder, "agent/volumes/u1/config");
    assert.deepEqual(bench.process().spec.mounts, [{ source, path: "/etc/config", readOnly: true }]);
    assert.equal(bench.process().spec.env["MY_IP"], "10.244.0.9");
    assert.equal(readFileSync(join(source, "ip"), "utf8"), "10.244.0.9");
    bench.pods(orderOf(spec, { volumes: configOf("changed") }));
    await bench.until("change", () => readFileSync(join(source, "ip"), "utf8") === "changed");
    assert.equal(bench.host.processes.length, 1);
  });

  it("end when the pod has run for its activeDeadlineSeconds", async () => {
    bench.pods(orderOf({ activeDeadlineSeconds: 60, containers: [{}] }));
    await bench.until("ready", () => bench.last.ready);
    await bench.advance(60_000, 10_000);
    await bench.until("failure", () => bench.last.phase === "Failed");
    assert.equal(bench.last.reason, "DeadlineExceeded");
  });
});

describe("a container without a readiness probe", () => {
  it("is ready once its first port accepts a connection", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const containerPort = (server.address() as AddressInfo).port;
    await new Promise((resolve) => server.close(resolve));
    bench.pods(orderOf({ containers: [{ ports: [{ containerPort }] }] }));
    await bench.until("running", () => running("main"));
    await bench.advance(500, 20);
    assert.equal(bench.last.ready, false);
    await new Promise<void>((resolve) => server.listen(containerPort, "127.0.0.1", resolve));
    for (let turn = 0; turn < 200 && !bench.last.ready; turn += 1) {
      await bench.advance(20, 20);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(bench.last.ready, true);
    await new Promise((resolve) => server.close(resolve));
  });
});
