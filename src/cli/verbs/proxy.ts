import { readFileSync } from "node:fs";
import { codeOf, Fault, sleep } from "../../base/index.ts";
import type { StandalonePorts } from "../../app/index.ts";
import { numberOf } from "../arguments.ts";
import { plural } from "../findings.ts";
import { harmless, painter, type Terminal } from "../terminal.ts";
import { type Call, Misuse, type Verb } from "../verb.ts";
import { version } from "../version.ts";

/** Seconds. */
const drainTime = 10;

export const proxy: Verb = {
  usage: "-c FILE",
  text: "Serves the static resources of an Envoy v3 bootstrap, YAML or JSON; - is standard input. What it cannot honour it\nrefuses before anything is opened: exit code 2. docs/envoy-subset.md lists what it honours.",
  options: {
    "config-path": { type: "string", short: "c", value: "FILE", summary: "the bootstrap" },
    mode: { type: "string", value: "MODE", summary: "serve it, or only check it", choices: ["serve", "validate"] },
    "drain-time-s": {
      type: "string",
      value: "SECONDS",
      summary: `how long connections may go on after Ctrl-C or SIGTERM (default ${drainTime})`,
    },
    output: { type: "string", short: "o", value: "FORM", summary: "how to print", choices: ["json"] },
  },
  examples: [
    { line: "weft proxy -c envoy.yaml", says: "serve it until Ctrl-C" },
    { line: "weft proxy -c envoy.yaml --mode validate", says: "only say what is wrong with it" },
  ],
  async run(call) {
    const { terminal } = call;
    const file = call.value("config-path");
    if (file === undefined) throw new Misuse("weft proxy needs a bootstrap: weft proxy -c FILE");
    const drain = (numberOf(call, "drain-time-s", [0, 86_400]) ?? drainTime) * 1000;
    const { readBootstrap, runStandalone } = await import("../../app/index.ts");
    const text = file === "-" ? await terminal.input() : read(file);
    const { bootstrap, faults } = await readBootstrap(text, file === "-" ? "stdin" : file);
    if (faults.length > 0) {
      const paint = painter(terminal.colours);
      for (const { at, path, message } of faults) {
        const where = `${at.file}:${at.line}:${at.column}: ${paint("red", "error:")} `;
        terminal.err(harmless(`${where}${path === "" ? "" : `${path}: `}${message}`) + "\n");
      }
      terminal.err(`weft: ${plural(faults.length, "error")}; nothing was started\n`);
      return 2;
    }
    if (call.value("mode") === "validate") {
      terminal.out(`configuration '${file}' OK\n`);
      return 0;
    }
    const running = await runStandalone({ bootstrap, file, version: version() });
    tell(call, running.ports);
    const asked = new AbortController();
    const forget = terminal.onStop(
      () => asked.abort(),
      () => process.exit(130),
    );
    const stopped = new Promise<void>((resolve) => asked.signal.addEventListener("abort", () => resolve()));
    await Promise.race([stopped, running.quit]);
    running.drain();
    if (asked.signal.aborted) await sleep(terminal.clock, drain);
    await running.close();
    forget();
    return 0;
  },
};

function tell({ terminal, value }: Call, { listeners, admin }: StandalonePorts): void {
  if (value("output") === "json") {
    return terminal.out(`${JSON.stringify({ pid: process.pid, listeners, ...(admin ? { admin } : {}) })}\n`);
  }
  for (const at of listeners) terminal.out(`listener ${at.listener} on ${place(at)}\n`);
  if (admin) terminal.out(`admin pages on http://${place(admin)}/\n`);
  ready(terminal);
}

const ready = (terminal: Terminal) => terminal.out("weft proxy serves; Ctrl-C ends it\n");

const place = ({ address, port }: { readonly address: string; readonly port: number }) =>
  `${address.includes(":") ? `[${address}]` : address}:${port}`;

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new Fault("unreadable", `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
