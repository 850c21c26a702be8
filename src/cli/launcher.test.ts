import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "weft-launcher-"));
after(() => rmSync(folder, { recursive: true }));
const program = resolve(import.meta.dirname, "../../bin/weft.js");
/** Lets a Node believe it is an old one. */
const old = ["--import", 'data:text/javascript,Object.defineProperty(process,"version",{value:"v18.20.0"})'];

/** A package of its own: the launcher, and instead of the command line a program that says how it was started. */
function packageWith(name: string, main: string): string {
  const home = join(folder, name);
  mkdirSync(join(home, "dist/src/cli"), { recursive: true });
  writeFileSync(join(home, "package.json"), '{"type":"module"}');
  writeFileSync(join(home, "dist/src/cli/main.js"), `export async function runProgram() { ${main} }`);
  cpSync(program, join(home, "bin/weft.js"));
  return join(home, "bin/weft.js");
}

/** Puts this Node where the launcher looks for a newer one. */
function nodeInside(home: string): void {
  mkdirSync(join(folder, home, "node_modules/.bin"), { recursive: true });
  symlinkSync(process.execPath, join(folder, home, "node_modules/.bin/node"));
}

const run = (args: readonly string[]) => spawnSync(process.execPath, args, { encoding: "utf8" });

describe("the launcher", () => {
  test("runs the checkout's sources when it stands in one, and the build elsewhere", () => {
    assert.match(run([program, "--version"]).stdout, /^weft \d/);
    const built = packageWith("built", "console.log('built', process.argv[2])");
    assert.equal(run([built, "x"]).stdout, "built x\n");
  });

  test("too old a Node and no other: one clear sentence", () => {
    const { status, stdout, stderr } = run([...old, packageWith("alone", "")]);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^weft: Weft needs Node\.js 24 or newer; this is v18\.20\.0\. .*\n$/);
  });

  test("too old a Node and a newer one beside it: that one runs, with the same arguments, and its exit code counts", () => {
    const launcher = packageWith("beside", "console.log(process.version, ...process.argv.slice(2)); process.exit(7)");
    nodeInside("beside");
    const { status, stdout } = run([...old, launcher, "get", "a b"]);
    assert.deepEqual([status, stdout], [7, `${process.version} get a b\n`]);
  });

  test("signals are passed on, and the launcher ends as the program does", async () => {
    const launcher = packageWith(
      "signals",
      "process.on('SIGTERM', () => { console.log('asked'); process.exit(3); }); setInterval(() => {}, 1000); console.log('here')",
    );
    nodeInside("signals");
    const child = spawn(process.execPath, [...old, launcher], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (text.startsWith("here")) child.kill("SIGTERM");
    });
    const [code] = (await once(child, "close")) as [number | null];
    assert.deepEqual([code, said], [3, "here\nasked\n"]);
  });

  test("the program ends when its launcher is killed", async () => {
    const launcher = packageWith(
      "killed",
      "process.on('SIGTERM', () => { console.log('ended'); process.exit(0); }); setInterval(() => {}, 1000); console.log('here')",
    );
    nodeInside("killed");
    const child = spawn(process.execPath, [...old, launcher], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (text.startsWith("here")) child.kill("SIGKILL");
    });
    // The pipe is open for as long as the program has it.
    await once(child, "close");
    assert.equal(said, "here\nended\n");
  });

  test("only the warning about node:sqlite is kept back", () => {
    const main =
      "process.emitWarning('SQLite is an experimental feature', 'ExperimentalWarning'); process.emitWarning('other', 'ExperimentalWarning'); process.emitWarning('SQLite is slow')";
    const { stderr } = run([packageWith("warnings", main)]);
    assert.doesNotMatch(stderr, /experimental feature/);
    assert.match(stderr, /ExperimentalWarning: other[^]*SQLite is slow/);
  });
});
