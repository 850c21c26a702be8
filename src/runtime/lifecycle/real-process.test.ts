import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { silentLog, systemClock } from "../../base/index.ts";
import { runAgent } from "../agent.ts";
import type { AgentCommand, AgentReport } from "../contract.ts";
import { readLogs } from "../logs/index.ts";
import type { PodHost, ProcessSpec, SandboxProcess } from "../sandbox.ts";
import { orderOf } from "./fixture.ts";

/** Plain child processes on the loopback interface, without mounts. */
function plainHost(): PodHost {
  return {
    network: "loopback",
    open: () =>
      Promise.resolve({
        podIP: "127.0.0.1",
        realIP: "127.0.0.1",
        hostIP: "127.0.0.1",
        probeAddress: "127.0.0.1",
        ended: new Promise(() => undefined),
        start: startChild,
        close: () => Promise.resolve(),
      }),
    names: () => undefined,
    close: () => Promise.resolve(),
  };
}

async function startChild(spec: ProcessSpec): Promise<SandboxProcess> {
  const { env, workingDir } = spec;
  const [program = "", ...rest] = spec.argv;
  const child: ChildProcess = spawn(program, rest, { env, cwd: workingDir, detached: true });
  child.stdout?.on("data", (chunk: Buffer) => spec.output("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => spec.output("stderr", chunk));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  const pid = child.pid ?? 0;
  const exited = new Promise<Awaited<SandboxProcess["exited"]>>((resolve) => {
    child.once("close", (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
  });
  return {
    pid,
    exited,
    signal(signal) {
      try {
        process.kill(-pid, signal);
      } catch {
        // Gone.
      }
    },
  };
}

let folder = "";
let reports: AgentReport[] = [];
let send: (command: AgentCommand) => void = () => undefined;
let done: Promise<void> = Promise.resolve();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "weft-real-"));
  reports = [];
  done = runAgent({
    host: plainHost(),
    folder: join(folder, "agent"),
    logDir: join(folder, "logs"),
    clock: systemClock,
    log: silentLog,
    receive: (handler) => void (send = handler),
    report: (report) => void reports.push(report),
  });
});
afterEach(async () => {
  send({ kind: "stop" });
  await done;
  rmSync(folder, { recursive: true, force: true });
});

async function reported(holds: (status: Record<string, unknown>, phase: string) => boolean) {
  for (let turn = 0; turn < 500; turn += 1) {
    for (const report of reports) {
      const status = report.kind === "pod" ? report.status.containerStatuses[0] : undefined;
      if (report.kind === "pod" && status && holds(status, report.status.phase)) return status as never as Status;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never reported: ${JSON.stringify(reports.at(-1))}`);
}
interface Status {
  state: { terminated?: { exitCode: number; signal?: number; reason: string; message?: string } };
}

async function output(follow = false): Promise<string> {
  let text = "";
  const request = {
    namespace: "default",
    pod: "web",
    uid: "u1",
    container: "main",
    follow,
    previous: false,
    timestamps: false,
    signal: new AbortController().signal,
  };
  const source = { logDir: join(folder, "logs"), clock: systemClock };
  for await (const piece of readLogs(source, request)) text += piece.toString();
  return text;
}

/** A pod whose program is this script, run once. */
function script(source: string, more: Record<string, unknown> = {}) {
  const order = orderOf({ restartPolicy: "Never", containers: [more] });
  return {
    ...order,
    containers: [{ name: "main", argv: [process.execPath, "-e", source], env: { PATH: process.env["PATH"] ?? "" } }],
  };
}

describe("a real program", () => {
  it("leaves its output and its exit code", async () => {
    send({ kind: "pods", orders: [script("console.log('hello'); console.error('too bad'); process.exitCode = 7")] });
    const followed = output(true);
    const { state } = await reported((_, phase) => phase === "Failed");
    assert.equal(state.terminated?.exitCode, 7);
    assert.deepEqual((state.terminated?.message ?? "").split("\n").sort(), ["hello", "too bad"]);
    assert.deepEqual((await followed).split("\n").sort(), ["", "hello", "too bad"]);
    assert.deepEqual((await output()).length, "hello\ntoo bad\n".length);
  });

  it("that is killed by a signal says which", async () => {
    send({ kind: "pods", orders: [script("process.kill(process.pid, 'SIGKILL')")] });
    const { state } = await reported((_, phase) => phase === "Failed");
    assert.equal(state.terminated?.exitCode, 137);
    assert.equal(state.terminated?.signal, 9);
  });

  it("that cannot be found says so", async () => {
    const order = script("");
    send({ kind: "pods", orders: [{ ...order, containers: [{ name: "main", argv: ["/no/such/program"], env: {} }] }] });
    const { state } = await reported((_, phase) => phase === "Failed");
    assert.equal(state.terminated?.reason, "StartError");
    assert.match(state.terminated?.message ?? "", /\/no\/such\/program.*ENOENT/);
  });

  it("is probed by running a program beside it, and ended with what it started", async () => {
    const readinessProbe = { exec: { command: [process.execPath, "-e", "process.exit(0)"] } };
    send({ kind: "pods", orders: [script("setInterval(() => {}, 1000)", { readinessProbe })] });
    await reported((status) => status["ready"] === true);
    send({ kind: "pods", orders: [] });
    const { state } = await reported((status) => "terminated" in (status["state"] as object));
    assert.equal(state.terminated?.exitCode, 143);
  });
});
