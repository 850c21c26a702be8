/** For stories of what goes wrong: a folder of its own for each, `weft` run in it, and a look at what is left. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { leftovers } from "./leftovers.ts";
import { type Finished, run, type RunOptions, weftProgram } from "./weft.ts";

const root = mkdtempSync(join(tmpdir(), "weft-errors-"));
// For those who run as another user.
chmodSync(root, 0o755);
const started: ChildProcess[] = [];
let count = 0;

after(() => {
  for (const child of started) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

export const networks = ["netns", "loopback"] as const;
export const isRoot = process.getuid?.() === 0;
const anyPorts = ["--api-port=0", "--http-port=0", "--https-port=0"];

/** A folder of its own with these files. */
export function place(files: Readonly<Record<string, string>> = {}): string {
  const here = join(root, `case-${count++}`);
  mkdirSync(here);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(here, name), text);
  return here;
}

/** A pod of one container, in YAML; `container` is what stands in it besides name and image. */
export const pod = (container: string, name = "p") => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec: {terminationGracePeriodSeconds: 1, containers: [{name: main, image: x, ${container}}]}
`;

/** `weft ARGS` on the data directory of a folder, to its end. */
export function weft(cwd: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const env = { ...process.env, HOME: cwd, ...options.env };
  return run(process.execPath, [weftProgram, ...args, "--data-dir=data"], { ...options, cwd, env });
}

/** `weft up` that must fail: gives what it wrote to standard error, and checks that nothing is left. */
export async function refused(
  cwd: string,
  args: readonly string[],
  options: RunOptions & { readonly code?: number } = {},
): Promise<string> {
  const { code, stderr } = await weft(cwd, ["up", ...anyPorts, ...args], { limit: 30_000, ...options });
  assert.equal(code, options.code ?? 1, stderr);
  assert.deepEqual(leftovers(cwd), []);
  assert.doesNotMatch(stderr, /this should not happen|^\s+at /m);
  return stderr;
}

export interface Running {
  readonly child: ChildProcess;
  /** Everything it wrote so far. */
  output(): string;
  /** Sends a signal and waits for the end; gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** `weft up` that runs on until it is stopped. */
export function start(
  cwd: string,
  args: readonly string[],
  [command, ...before]: readonly [string, ...string[]] = [process.execPath],
): Running {
  const child = spawn(command, [...before, weftProgram, "up", ...anyPorts, ...args, "--data-dir=data"], {
    cwd,
    env: { ...process.env, HOME: cwd },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => void (text += part));
  }
  const closed = once(child, "close");
  started.push(child);
  return {
    child,
    output: () => text,
    async stop(signal = "SIGINT") {
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
}
