import { appendFileSync } from "node:fs";
import { lineLog, type Log } from "../base/index.ts";
import { reason } from "./data-dir.ts";

/** Weft's own log, in a file. When it cannot be written that is told on the terminal, once until it can be again. */
export function meshLog(path: string, tell: (text: string) => void = (text) => void process.stderr.write(text)): Log {
  let isFailing = false;
  return lineLog((line) => {
    try {
      appendFileSync(path, `${line}\n`, { mode: 0o600 });
      isFailing = false;
    } catch (error) {
      // A full disk must not end what runs.
      if (!isFailing) tell(`weft: cannot write ${path}: ${reason(error)}; what runs goes on\n`);
      isFailing = true;
    }
  });
}
