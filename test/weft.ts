/** Starts the real program for a story: `weft up` in a process of its own, on free ports, in a folder that goes away. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Summary } from "../src/app/index.ts";
import { kubectlPath } from "../tools/test/kubectl.ts";

export const checkout = resolve(import.meta.dirname, "..");
export const weftProgram = join(checkout, "bin/weft.js");

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** Run as this user (root only). */
  readonly uid?: number;
  /** Milliseconds until it is killed. */
  readonly limit?: number;
}

/** Runs a program to its end and gathers what it wrote. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), options.limit ?? 60_000);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  return { code, signal, stdout, stderr };
}

export interface UpOptions {
  readonly network?: "auto" | "netns" | "loopback";
  readonly dataDir?: string;
  readonly args?: readonly string[];
  readonly uid?: number;
}

/** A mesh under test. */
export class Weft {
  readonly folder: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  readonly uid: number | undefined;
  #output = "";
  #closed: Promise<unknown>;

  private constructor(paths: readonly string[], options: UpOptions) {
    this.folder = mkdtempSync(join(tmpdir(), "weft-story-"));
    this.uid = options.uid;
    if (options.uid !== undefined) chownSync(this.folder, options.uid, options.uid);
    this.dataDir = options.dataDir ?? join(this.folder, "data");
    this.process = spawn(
      process.execPath,
      [
        weftProgram,
        "up",
        ...paths,
        `--data-dir=${this.dataDir}`,
        `--network=${options.network ?? "auto"}`,
        "--api-port=0",
        "--http-port=0",
        "--https-port=0",
        ...(options.args ?? []),
      ],
      {
        cwd: this.folder,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, HOME: this.folder },
        ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
      },
    );
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => void (this.#output += text));
    }
    this.#closed = once(this.process, "close");
  }

  /** Everything it wrote so far. */
  get output(): string {
    return this.#output;
  }

  /** Starts `weft up` and waits for the line that says it is ready. */
  static async up(paths: readonly string[], options: UpOptions = {}): Promise<Weft> {
    const weft = new Weft(paths, options);
    try {
      await until(() => {
        assert.equal(weft.process.exitCode, null, `weft up ended early:\n${weft.output}`);
        return /^weft is ready in /m.test(weft.output);
      }, 90_000);
    } catch (error) {
      await weft.close();
      throw new Error(`weft up did not become ready:\n${weft.output}`, { cause: error });
    }
    return weft;
  }

  /** `weft ARGS` against this mesh. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return run(process.execPath, [weftProgram, ...args, "--data-dir", this.dataDir], {
      cwd: this.folder,
      env: { ...process.env, HOME: this.folder },
      ...(this.uid === undefined ? {} : { uid: this.uid }),
      ...options,
    });
  }

  async status(): Promise<Summary> {
    const { stdout, stderr, code } = await this.run(["status", "-o", "json"]);
    assert.ok(code === 0 || code === 1, stderr);
    return JSON.parse(stdout) as Summary;
  }

  /** The real kubectl. */
  async kubectl(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return run(kubectlPath("35"), args, {
      cwd: checkout,
      env: {
        ...process.env,
        HOME: this.folder,
        KUBECONFIG: join(this.dataDir, "kubeconfig"),
        KUBECACHEDIR: join(this.folder, "kube-cache"),
      },
      ...options,
    });
  }

  /** kubectl that must succeed; gives its standard output. */
  async kubectlOk(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, options);
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  apply(yaml: string): Promise<string> {
    return this.kubectlOk(["apply", "-f", "-"], { input: yaml });
  }

  /** Ends it as Ctrl-C does; gives the exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGINT");
    await this.#closed;
    return this.process.exitCode;
  }

  /** Ends it whatever its state, and removes its folder. */
  async close(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGINT");
      const timer = setTimeout(() => this.process.kill("SIGKILL"), 20_000);
      await this.#closed;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Asks again every 20 ms until it is so; fails with the last error after `limit` milliseconds. */
export async function until(isSo: () => boolean | Promise<boolean>, limit = 10_000): Promise<void> {
  const end = performance.now() + limit;
  let last: unknown = new Error("it never became so");
  while (performance.now() < end) {
    try {
      if (await isSo()) return;
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not so after ${limit} ms`, { cause: last });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly milliseconds: number;
}

/** One HTTP request on a connection of its own. */
export function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: options.method ?? "GET", headers: options.headers ?? {}, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => void (body += text));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            milliseconds: performance.now() - start,
          }),
        );
      },
    );
    sent.setTimeout(30_000, () => sent.destroy(new Error(`no answer from ${url} in 30 s`)));
    sent.on("error", reject);
    sent.end(options.body);
  });
}
