import { open } from "node:fs/promises";
import type { Segment } from "./layout.ts";

const block = 64 * 1024;
const newline = 0x0a;

/** Where reading begins: in which segment, and at which byte of it. */
export interface Start {
  readonly segment: number;
  readonly offset: number;
}

/** Where the last `lines` stored lines begin, found from the end, so that a short tail of a long log is cheap. */
export async function tailStart(segments: readonly Segment[], lines: number): Promise<Start> {
  let missing = lines;
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const path = segments[index]?.path ?? "";
    const found = await newlinesFromEnd(path, missing);
    if (found.offset !== undefined) return { segment: index, offset: found.offset };
    missing -= found.lines;
  }
  return { segment: 0, offset: 0 };
}

async function newlinesFromEnd(path: string, lines: number): Promise<{ offset?: number; lines: number }> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (lines === 0) return { offset: size, lines: 0 };
    const buffer = Buffer.allocUnsafe(block);
    let seen = 0;
    for (let end = size; end > 0; end -= block) {
      const begin = Math.max(0, end - block);
      const { bytesRead } = await file.read(buffer, 0, end - begin, begin);
      for (let at = bytesRead - 1; at >= 0; at -= 1) {
        if (buffer[at] !== newline) continue;
        // The newline before the first wanted line is one more than the lines after it.
        if (seen === lines) return { offset: begin + at + 1, lines };
        seen += 1;
      }
    }
    return seen === lines ? { offset: 0, lines } : { lines: seen };
  } finally {
    await file.close();
  }
}
