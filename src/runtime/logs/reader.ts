import { type Clock, codeOf, Fault, sleep } from "../../base/index.ts";
import { bytesFrom, endWord, type FollowOptions } from "./follow.ts";
import { containerLogFolder, type LogOwner, restartsIn, segmentsOf } from "./layout.ts";
import { type LogLine, parseLine } from "./line.ts";
import { tailStart } from "./tail.ts";

/** What `kubectl logs` may ask for. */
export interface LogRequest extends LogOwner {
  readonly container: string;
  /** Go on until the container ends. */
  readonly follow: boolean;
  /** Of the last start that ended. */
  readonly previous: boolean;
  /** Put the time before each line. */
  readonly timestamps: boolean;
  readonly tailLines?: number;
  /** Milliseconds since the epoch. */
  readonly sinceTime?: number;
  readonly sinceSeconds?: number;
  readonly limitBytes?: number;
  /** Aborts when the reader has gone. */
  readonly signal: AbortSignal;
}

export interface LogSource {
  readonly logDir: string;
  readonly clock: Clock;
}

/**
 * The output of a container, read from the agent's log folder.
 * Throws Fault `log-missing` before its first piece when there is none; a reader that follows waits for it instead.
 */
export async function* readLogs({ logDir, clock }: LogSource, request: LogRequest): AsyncGenerator<Buffer> {
  const folder = containerLogFolder(logDir, request, request.container);
  const restart = await startToRead(folder, clock, request);
  if (restart === undefined) return;
  const options: FollowOptions = { folder, restart, clock, follow: request.follow, signal: request.signal };
  const segments = await segmentsOf(folder, restart);
  const { tailLines } = request;
  const start = tailLines === undefined ? { segment: 0, offset: 0 } : await startOfTail(folder, restart, tailLines);
  const print = new LinePrinter(clock, request);
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of bytesFrom(segments, start, options)) {
    const data = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    const end = data.lastIndexOf(0x0a) + 1;
    rest = data.subarray(end);
    const piece = print.lines(data.subarray(0, end));
    if (piece.length > 0) yield piece;
    if (print.full) return;
  }
}

async function startOfTail(folder: string, restart: number, lines: number) {
  for (;;) {
    try {
      return await tailStart(await segmentsOf(folder, restart), Math.max(0, lines));
    } catch (error) {
      // Rotated away between the listing and the look.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}

/** Which start of the container is meant; undefined when the reader left before there was one. */
async function startToRead(folder: string, clock: Clock, request: LogRequest): Promise<number | undefined> {
  const { previous, follow, signal, container, pod } = request;
  while (!signal.aborted) {
    const restarts = await restartsIn(folder);
    const newest = restarts.at(-1);
    if (previous) {
      const waiting = newest !== undefined && (await endWord(folder, newest)) === "again";
      const found = waiting ? newest : restarts.at(-2);
      if (found !== undefined) return found;
      throw new Fault("log-missing", `previous terminated container "${container}" in pod "${pod}" not found`);
    }
    if (newest !== undefined) return newest;
    if (!follow)
      throw new Fault(
        "log-missing",
        `container "${container}" in pod "${pod}" has written nothing: it has not started`,
        {
          remedy: `\`kubectl describe pod ${pod} -n ${request.namespace}\` says what it waits for.`,
        },
      );
    await sleep(clock, 100, signal);
  }
  return undefined;
}

/** Turns stored lines into what is asked for, within the limit of bytes. */
class LinePrinter {
  readonly #timestamps: boolean;
  /** As a timestamp: those of one width compare as text. */
  readonly #since: string;
  #left: number;
  #continued = false;

  constructor(clock: Clock, { timestamps, sinceTime, sinceSeconds, limitBytes }: LogRequest) {
    this.#timestamps = timestamps;
    const since = sinceSeconds === undefined ? sinceTime : clock.now() - sinceSeconds * 1000;
    this.#since = since === undefined ? "" : new Date(since).toISOString().slice(0, -1);
    this.#left = limitBytes ?? Infinity;
  }

  get full(): boolean {
    return this.#left <= 0;
  }

  lines(data: Buffer): Buffer {
    const pieces: Buffer[] = [];
    for (let at = 0; at < data.length && !this.full;) {
      const end = data.indexOf(0x0a, at) + 1;
      const line = parseLine(data.subarray(at, end));
      at = end;
      if (!line || line.time < this.#since) continue;
      if (this.#timestamps && !this.#continued) this.#take(pieces, Buffer.from(`${line.time} `));
      this.#continued = !line.full;
      this.#take(pieces, line.text);
    }
    return Buffer.concat(pieces);
  }

  #take(pieces: Buffer[], text: LogLine["text"]): void {
    const taken = text.subarray(0, Math.max(0, this.#left));
    this.#left -= taken.length;
    pieces.push(taken);
  }
}
