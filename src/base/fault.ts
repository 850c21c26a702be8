/** Where in a file something stands; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * An error meant for a person: what is wrong, where, and what to do.
 * `code` is stable and may be matched by programs; `message` and `remedy` are for reading.
 */
export class Fault extends Error {
  readonly code: string;
  readonly remedy: string | undefined;
  readonly at: Position | undefined;

  constructor(code: string, message: string, options: { remedy?: string; at?: Position; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.remedy = options.remedy;
    this.at = options.at;
  }
}

/** The sentence(s) a person should see for anything that was thrown. */
export function explain(error: unknown): string {
  if (error instanceof Fault) {
    const where = error.at ? `${error.at.file}:${error.at.line}:${error.at.column}: ` : "";
    return `${where}${error.message}${error.remedy ? `\n  ${error.remedy}` : ""}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error (`EADDRINUSE`, …) or of a Fault; otherwise undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
