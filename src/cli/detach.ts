import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { openDataDir, type ProgressLine, type Summary, type UpOptions } from "../app/index.ts";
import { Fault } from "../base/index.ts";
import { packageFolder } from "./version.ts";
import type { Terminal } from "./terminal.ts";
import type { UpReport } from "./up-report.ts";

/** What `weft up --detach` tells the process it leaves behind; the only message that way. */
export interface Order {
  readonly options: UpOptions;
}

/** What that process tells back, until it is up or has failed. */
export type Word =
  | { readonly type: "progress"; readonly line: ProgressLine }
  | { readonly type: "up"; readonly summary: Summary }
  | { readonly type: "failed"; readonly text: string };

/** Starts a mesh in a process that outlives this one; returns when it is up: 0, or 1 when not all of it is ready. `down` is the command that ends it. */
export async function detach(options: UpOptions, terminal: Terminal, report: UpReport, down: string): Promise<number> {
  const log = join(openDataDir(options.dataDir).path, "up.log");
  const output = openSync(log, "w", 0o600);
  const program = join(packageFolder(), "bin", "weft.js");
  const child = spawn(process.execPath, [program, "up-detached", "--data-dir", options.dataDir], {
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
  });
  closeSync(output);
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    child.kill("SIGTERM");
  };
  const forget = terminal.onStop(stop, () => child.kill("SIGKILL"));
  try {
    const { ready } = await new Promise<Summary>((resolve, reject) => {
      child.on("message", (word: Word) => {
        switch (word.type) {
          case "progress":
            return report.progress(word.line);
          case "up":
            report.up(word.summary, `It runs in the background; stop it with: ${down}`);
            return resolve(word.summary);
          case "failed":
            return reject(new Fault("up-failed", word.text));
        }
      });
      child.once("error", (error) => reject(error));
      child.once("exit", () => reject(ended(isStopped, log)));
      child.send({ options } satisfies Order, (error) => {
        if (error) reject(ended(isStopped, log));
      });
    });
    return ready ? 0 : 1;
  } finally {
    forget();
    report.endList();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function ended(isStopped: boolean, log: string): Fault {
  return isStopped
    ? new Fault("stopped", "ended before it was up, as you asked")
    : new Fault("up-failed", "the mesh ended before it was up", { remedy: `what it had to say: ${log}` });
}
