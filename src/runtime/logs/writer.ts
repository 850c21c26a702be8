import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Clock, explain, type Log } from "../../base/index.ts";
import { type EndWord, endMark, logFile } from "./layout.ts";
import { LineCutter, printLine, stampOf } from "./line.ts";

export interface ContainerLogOptions {
  readonly folder: string;
  readonly restart: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Bytes of a file before a new one is begun. */
  readonly fileSize?: number;
  /** Files kept of one start, the one being written included. */
  readonly files?: number;
}

/** Last words kept for the status of a container that ended. */
const tailSize = 2048;

/**
 * The output of one start of a container, on disk as it comes. Writes are synchronous: a chunk is one small write into
 * the page cache, and nothing is lost when the agent ends right after.
 */
export class ContainerLog {
  readonly #options: ContainerLogOptions;
  readonly #path: string;
  readonly #cutters = { stdout: new LineCutter(), stderr: new LineCutter() };
  readonly #fileSize: number;
  readonly #files: number;
  #file: number | undefined;
  #size = 0;
  #rotations = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(options: ContainerLogOptions) {
    this.#options = options;
    this.#fileSize = options.fileSize ?? 10 * 2 ** 20;
    this.#files = options.files ?? 5;
    this.#path = logFile(options.folder, options.restart);
    this.#attempt(() => {
      mkdirSync(options.folder, { recursive: true });
      this.#forget();
      this.#open();
    });
  }

  /** A chunk as the container wrote it. */
  write(stream: "stdout" | "stderr", chunk: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-tailSize)]).subarray(-tailSize);
    const time = stampOf(this.#options.clock.now());
    const lines: Buffer[] = [];
    this.#cutters[stream].push(chunk, (text, full) => lines.push(printLine(time, stream, full, text)));
    this.#put(lines);
  }

  /** The last whole lines, at most 2 KiB. */
  get lastWords(): string {
    const text = this.#tail.toString("utf8");
    const cut = this.#tail.length < tailSize ? 0 : text.indexOf("\n") + 1;
    return text.slice(cut).trimEnd();
  }

  /** Nothing more comes; readers that follow stop here. */
  end(word: EndWord): void {
    const time = stampOf(this.#options.clock.now());
    const lines: Buffer[] = [];
    for (const stream of ["stdout", "stderr"] as const)
      this.#cutters[stream].end((text, full) => lines.push(printLine(time, stream, full, text)));
    this.#put(lines);
    this.#attempt(() => {
      if (this.#file !== undefined) closeSync(this.#file);
      this.#file = undefined;
      writeFileSync(endMark(this.#options.folder, this.#options.restart), word);
    });
  }

  #put(lines: readonly Buffer[]): void {
    if (lines.length === 0) return;
    this.#attempt(() => {
      for (const piece of this.#pieces(lines)) {
        if (this.#size > 0 && this.#size + piece.length > this.#fileSize) this.#rotate();
        if (this.#file === undefined) return;
        writeSync(this.#file, piece);
        this.#size += piece.length;
      }
    });
  }

  /** One write for a chunk's lines unless they would cross the end of the file. */
  #pieces(lines: readonly Buffer[]): readonly Buffer[] {
    const whole = Buffer.concat(lines);
    return this.#size + whole.length <= this.#fileSize ? [whole] : lines;
  }

  #open(): void {
    this.#file = openSync(this.#path, "a", 0o640);
    this.#size = fstatSync(this.#file).size;
  }

  #rotate(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#rotations += 1;
    renameSync(this.#path, `${this.#path}.${this.#rotations}`);
    this.#open();
    rmSync(`${this.#path}.${this.#rotations - this.#files + 1}`, { force: true });
  }

  /** As in Kubernetes, only this start and the one before it are kept. */
  #forget(): void {
    const { folder, restart } = this.#options;
    for (const name of readdirSync(folder)) {
      const number = Number(/^(\d+)\./.exec(name)?.[1]);
      if (number < restart - 1 || number >= restart) rmSync(join(folder, name), { force: true });
    }
  }

  /** A full disk must not end the pod: its output is lost, and the agent's log says so. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.log.warning(`cannot write the output of a container: ${explain(error)}`, { file: this.#path });
    }
  }
}
