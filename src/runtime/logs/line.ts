/** Longest piece of a line that is written as one; what is longer is written in partial lines, as container runtimes do. */
const longestLine = 16 * 1024;

const newline = 0x0a;
const space = 0x20;

/** RFC 3339 with nanoseconds, of milliseconds since the epoch. */
export const stampOf = (time: number): string => `${new Date(time).toISOString().slice(0, -1)}000000Z`;

/** `2026-01-01T00:00:00.000000000Z stdout F text`: F ends the line, P is continued by the next of the same stream. */
export function printLine(time: string, stream: "stdout" | "stderr", full: boolean, text: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${time} ${stream} ${full ? "F" : "P"} `), text, Buffer.from("\n")]);
}

/** Cuts the chunks of one stream into lines; what has no end yet waits for the next chunk. */
export class LineCutter {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer, line: (text: Buffer, full: boolean) => void): void {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    for (;;) {
      const end = data.indexOf(newline);
      if (end >= 0 && end <= longestLine) {
        line(data.subarray(0, end), true);
        data = data.subarray(end + 1);
      } else if (data.length > longestLine) {
        line(data.subarray(0, longestLine), false);
        data = data.subarray(longestLine);
      } else break;
    }
    // A copy, so that a few waiting bytes do not keep a whole chunk.
    this.#rest = Buffer.from(data);
  }

  /** What never got its newline is a line of its own. */
  end(line: (text: Buffer, full: boolean) => void): void {
    if (this.#rest.length > 0) line(this.#rest, true);
    this.#rest = Buffer.alloc(0);
  }
}

export interface LogLine {
  readonly time: string;
  readonly full: boolean;
  /** With its newline if it is full. */
  readonly text: Buffer;
}

/** Reads a stored line, newline included; undefined when it is damaged. */
export function parseLine(line: Buffer): LogLine | undefined {
  const afterTime = line.indexOf(space);
  const afterStream = afterTime < 0 ? -1 : line.indexOf(space, afterTime + 1);
  if (afterStream < 0 || line[afterStream + 2] !== space) return undefined;
  const full = line[afterStream + 1] === 0x46;
  const end = full ? line.length : line.length - 1;
  return { time: line.latin1Slice(0, afterTime), full, text: line.subarray(afterStream + 3, end) };
}
