export type LogLevel = "debug" | "info" | "warning" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line per event: a sentence and fields. Never pass secrets. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines carry these fields too. */
  with(fields: LogFields): Log;
}

const levels: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** `time level message key=value …`, written by `write` (a line without its end). */
export function lineLog(
  write: (line: string) => void,
  options: { level?: LogLevel; now?: () => number; fields?: LogFields } = {},
): Log {
  const { level = "info", now = Date.now, fields: base = {} } = options;
  const least = levels.indexOf(level);
  const put = (at: LogLevel, message: string, fields?: LogFields) => {
    if (levels.indexOf(at) < least) return;
    let line = `${new Date(now()).toISOString()} ${at} ${message}`;
    for (const [key, value] of Object.entries({ ...base, ...fields })) {
      if (value !== undefined) line += ` ${key}=${/^[\w.:/@-]+$/.test(String(value)) ? value : JSON.stringify(value)}`;
    }
    write(line);
  };
  return {
    debug: (message, fields) => put("debug", message, fields),
    info: (message, fields) => put("info", message, fields),
    warning: (message, fields) => put("warning", message, fields),
    error: (message, fields) => put("error", message, fields),
    with: (fields) => lineLog(write, { level, now, fields: { ...base, ...fields } }),
  };
}

export const silentLog: Log = lineLog(() => undefined);
