import type { StandalonePorts } from "../../app/index.ts";
import { numberOf } from "../arguments.ts";
import { BootstrapFile } from "../bootstrap-file.ts";
import { holdProxy } from "../hold-proxy.ts";
import { type Call, Misuse, type Verb } from "../verb.ts";
import { version } from "../version.ts";

/** Seconds: within the half minute that most who end a process give it. Envoy's own 600 are for a process nobody waits for. */
const drainTime = 20;

export const proxy: Verb = {
  usage: "-c FILE",
  text: "Serves the static resources of an Envoy v3 bootstrap, YAML or JSON; - is standard input. What it cannot honour it\nrefuses before anything is opened: exit code 2. docs/envoy-subset.md lists what it honours. When the file changes, or\nat SIGHUP, it is read again; nothing that is open is lost, and a faulty file leaves in force what was.",
  options: {
    "config-path": { type: "string", short: "c", value: "FILE", summary: "the bootstrap" },
    mode: { type: "string", value: "MODE", summary: "run it, or only check it", choices: ["serve", "validate"] },
    concurrency: {
      type: "string",
      value: "N",
      summary: "how many processes share the ports (default 1); one that dies is replaced",
    },
    "drain-time-s": {
      type: "string",
      value: "SECONDS",
      summary: `how long connections may go on after Ctrl-C or SIGTERM (default ${drainTime})`,
    },
    output: { type: "string", short: "o", value: "FORM", summary: "how to print where it listens", choices: ["json"] },
  },
  examples: [
    { line: "weft proxy -c envoy.yaml", says: "serve it until Ctrl-C" },
    { line: "weft proxy -c envoy.yaml --concurrency 2", says: "with two processes" },
    { line: "weft proxy -c envoy.yaml --mode validate", says: "only say what is wrong with it" },
  ],
  async run(call) {
    const { terminal } = call;
    const path = call.value("config-path");
    if (path === undefined) throw new Misuse("weft proxy needs a bootstrap: weft proxy -c FILE");
    const drain = (numberOf(call, "drain-time-s", [0, 86_400]) ?? drainTime) * 1000;
    const concurrency = numberOf(call, "concurrency", [1, 256]) ?? 1;
    const { readBootstrap, runStandalone } = await import("../../app/index.ts");
    const file = new BootstrapFile(path, terminal, readBootstrap);
    const { bootstrap, faults } = await file.read();
    if (faults !== "") {
      terminal.err(`${faults}weft: nothing was started\n`);
      return 2;
    }
    if (call.value("mode") === "validate") {
      terminal.out(`configuration '${file.name}' OK\n`);
      return 0;
    }
    const running = await runStandalone({ bootstrap, version: version(), concurrency });
    tell(call, running.ports);
    return await holdProxy(running, { terminal, file, drainTime: drain });
  },
};

function tell({ terminal, value }: Call, { listeners, admin }: StandalonePorts): void {
  if (value("output") === "json") {
    return terminal.out(`${JSON.stringify({ pid: process.pid, listeners, ...(admin ? { admin } : {}) })}\n`);
  }
  for (const at of listeners) terminal.out(`listener ${at.listener} on ${place(at)}\n`);
  if (admin) terminal.out(`admin pages on http://${place(admin)}/\n`);
  terminal.out("weft proxy serves; Ctrl-C ends it\n");
}

const place = ({ address, port }: { readonly address: string; readonly port: number }) =>
  `${address.includes(":") ? `[${address}]` : address}:${port}`;
