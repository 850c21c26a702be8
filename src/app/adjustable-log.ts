import { lineLog, type Log, type LogLevel } from "../base/index.ts";

const levels: readonly LogLevel[] = ["debug", "info", "warning", "error"];

export interface AdjustableLog {
  readonly log: Log;
  /** What the admin pages show and set. */
  readonly logging: { readonly level: () => string; readonly set: (level: string) => boolean };
}

/** A log on standard error whose level may be changed while the process runs. */
export function adjustableLog(): AdjustableLog {
  let level: LogLevel = "info";
  const everything = lineLog((line) => void process.stderr.write(`${line}\n`), { level: "debug" });
  const told = (one: LogLevel) => levels.indexOf(level) <= levels.indexOf(one);
  return {
    log: {
      debug: (message, fields) => void (told("debug") && everything.debug(message, fields)),
      info: (message, fields) => void (told("info") && everything.info(message, fields)),
      warning: (message, fields) => void (told("warning") && everything.warning(message, fields)),
      error: (message, fields) => everything.error(message, fields),
      with: (fields) => everything.with(fields),
    },
    logging: {
      level: () => level,
      set(wanted) {
        const known = levels.find((each) => each === wanted);
        if (known) level = known;
        return known !== undefined;
      },
    },
  };
}
