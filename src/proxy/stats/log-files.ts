import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import type { WriteLine } from "../config/access-log.ts";

/** Bytes waiting in front of one file; more is dropped and counted, for a log must not fill the memory. */
const mostWaiting = 4 * 1024 * 1024;

/** Where access logs go: the process's output, or files that are appended to. */
export class LogFiles {
  readonly #streams = new Map<string, Writable>();
  readonly #failed: (path: string, error: Error) => void;
  /** Lines that could not be taken. */
  dropped = 0;

  constructor(failed: (path: string, error: Error) => void) {
    this.#failed = failed;
  }

  readonly write: WriteLine = (path, line) => {
    const stream = this.#stream(path);
    if (!stream.writable || stream.writableLength > mostWaiting) this.dropped += 1;
    else stream.write(line);
  };

  /** Resolves when everything written stands in the files. */
  async close(): Promise<void> {
    const files = [...this.#streams].filter(([path]) => !isStandard(path));
    this.#streams.clear();
    await Promise.all(
      files.map(([, stream]) => new Promise<void>((resolve) => (stream.destroyed ? resolve() : stream.end(resolve)))),
    );
  }

  #stream(path: string): Writable {
    const known = this.#streams.get(path);
    if (known) return known;
    const stream = isStandard(path)
      ? path.endsWith("err")
        ? process.stderr
        : process.stdout
      : createWriteStream(path, { flags: "a" }).on("error", (error) => this.#failed(path, error));
    this.#streams.set(path, stream);
    return stream;
  }
}

const isStandard = (path: string) => path === "/dev/stdout" || path === "/dev/stderr";
