/** What a newcomer has and does: a fresh copy of the repository in an empty folder, and lines typed into a shell there. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { checkout, until } from "./weft.ts";

/** Who types. */
export interface Person {
  readonly name: string;
  /** Undefined: whoever runs the tests. */
  readonly uid: number | undefined;
}

export const oneself: Person = { name: process.getuid?.() === 0 ? "root" : "this user", uid: undefined };

/** An ordinary user, made when there is none; a sentence when that cannot be. */
export function ordinaryUser(): Person | string {
  if (process.getuid?.() !== 0) return "these tests run as an ordinary user already";
  const name = "weftuser";
  const known = () => spawnSync("id", ["-u", name], { encoding: "utf8" });
  if (known().status !== 0) {
    const made = spawnSync("useradd", ["--create-home", name], { encoding: "utf8" });
    if (made.status !== 0) return `no ordinary user can be made: ${made.stderr ?? made.error?.message}`;
  }
  return { name, uid: Number(known().stdout) };
}

/** A folder that goes away, with a home in it, and programs run there as one person. */
export class Desk {
  readonly folder: string;
  readonly person: Person;
  readonly env: NodeJS.ProcessEnv;
  readonly #ids: { uid?: number; gid?: number };

  constructor(person: Person = oneself) {
    this.person = person;
    this.folder = mkdtempSync(join(tmpdir(), "weft-newcomer-"));
    this.#ids = person.uid === undefined ? {} : { uid: person.uid, gid: person.uid };
    mkdirSync(join(this.folder, "home"));
    this.#give("home");
    if (person.uid !== undefined) chownSync(this.folder, person.uid, person.uid);
    this.env = { ...plainEnvironment(), HOME: join(this.folder, "home"), ...this.#npmSettings() };
  }

  /** A copy of the files that are in the repository, or would be with the next commit. */
  copyRepository(): string {
    const place = join(this.folder, "weft");
    for (const file of repositoryFiles()) cpSync(join(checkout, file), join(place, file), { recursive: true });
    this.#give("weft");
    return place;
  }

  /** Starts a line as a shell does: in a process group of its own, which a key press reaches whole. */
  start(line: string, cwd: string, env: NodeJS.ProcessEnv = {}): Typed {
    const given = { cwd, env: { ...this.env, ...env }, ...this.#ids };
    return new Typed(line, spawn("sh", ["-c", line], { ...given, detached: true, stdio: ["ignore", "pipe", "pipe"] }));
  }

  /** Runs a line to its end, which must be a good one; gives what it wrote. */
  async run(line: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const typed = this.start(line, cwd, env);
    const code = await typed.ended;
    assert.equal(code, 0, `${line}\n${typed.output}`);
    return typed.output;
  }

  /** Processes that were started here and have not ended. */
  processes(): string[] {
    return readdirSync("/proc").flatMap((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        const about = line + readFileSync(`/proc/${pid}/environ`, "latin1");
        return line !== "" && about.includes(this.folder) ? [`${pid} ${line.replaceAll("\0", " ")}`] : [];
      } catch {
        return [];
      }
    });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** npm as this machine has it set up, and its cache: of what npm needs, most has been fetched before. */
  #npmSettings(): NodeJS.ProcessEnv {
    const setting = (name: string) =>
      spawnSync("npm", ["config", "get", name], { encoding: "utf8", cwd: checkout }).stdout.trim();
    const own = setting("cache");
    const authorities = setting("cafile");
    const cache = this.person.uid === undefined ? own : join(this.folder, "npm-cache");
    if (cache !== own && existsSync(own)) {
      spawnSync("cp", ["-a", "--reflink=auto", own, cache]);
      this.#give("npm-cache");
    }
    return {
      npm_config_cache: cache,
      npm_config_registry: setting("registry"),
      npm_config_prefer_offline: "true",
      npm_config_update_notifier: "false",
      npm_config_fetch_retry_mintimeout: "1000",
      npm_config_fetch_retry_maxtimeout: "5000",
      ...(this.person.uid === undefined && { npm_config_userconfig: setting("userconfig") }),
      ...(!/^(null|undefined|)$/.test(authorities) && { npm_config_cafile: authorities }),
    };
  }

  #give(name: string): void {
    if (this.person.uid === undefined) return;
    spawnSync("chown", ["-R", `${this.person.uid}:${this.person.uid}`, join(this.folder, name)]);
  }
}

/** A line that was typed, and what came of it. */
export class Typed {
  readonly line: string;
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #output = "";

  constructor(line: string, child: ChildProcess) {
    this.line = line;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => void (this.#output += text));
    }
    this.ended = once(child, "close").then(([code]) => code as number | null);
  }

  get output(): string {
    return this.#output;
  }

  /** Waits for a line of the output; fails at once when the program ends before. */
  async shows(pattern: RegExp, limit: number): Promise<RegExpExecArray> {
    await until(() => {
      assert.ok(pattern.test(this.output) || this.#child.exitCode === null, `${this.line} ended:\n${this.output}`);
      return pattern.test(this.output);
    }, limit).catch((cause: unknown) => {
      throw new Error(`${this.line} did not show ${pattern}:\n${this.output}`, { cause });
    });
    const found = pattern.exec(this.output);
    assert.ok(found);
    return found;
  }

  /** Presses Ctrl-C. Gives the exit code. */
  async interrupt(): Promise<number | null> {
    this.#signal("SIGINT");
    const timer = setTimeout(() => this.#signal("SIGKILL"), 30_000);
    const code = await this.ended;
    clearTimeout(timer);
    return code;
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
  }
}

/** This environment without what npm and the test runner put into it: a newcomer's Node is the machine's own. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_(?!EXTRA_CA)|WEFT|KUBECONFIG|INIT_CWD)/i.test(name),
  );
  const path = (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules") && !folder.includes("node-gyp-bin"))
    .join(delimiter);
  return { ...Object.fromEntries(kept), PATH: path };
}

/** What is made in a checkout and never part of it. A link of such a name, followed, would have a test empty somebody else's folder. */
const made = /^(node_modules|dist|\.weft|\.git)(\/|$)|\.(tgz|log)$/;

function repositoryFiles(): string[] {
  const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: checkout,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const files = (listed.stdout ?? "").split("\0").filter((file) => file !== "" && existsSync(join(checkout, file)));
  const isClone = listed.status === 0 && files.length > 0;
  return (isClone ? files : readdirSync(checkout)).filter((file) => !made.test(file));
}

/** PATH with this Node before all others. */
export function withThisNode(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { PATH: `${dirname(process.execPath)}${delimiter}${env["PATH"] ?? ""}` };
}
