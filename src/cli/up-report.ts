import type { Progress, Summary } from "../app/index.ts";
import { picture, unready } from "./picture.ts";
import { liveListOn } from "./progress.ts";
import { painter, type Terminal } from "./terminal.ts";

/** What `weft up` says: the list of what is under way, then one block, then what happens later. */
export interface UpReport {
  readonly progress: Progress;
  /** `howToStop`: a sentence. */
  up(summary: Summary, howToStop: string): void;
  readonly ready: () => void;
  /** Leaves the list as it is: what follows is not part of it. */
  endList(): void;
}

export function upReport(terminal: Terminal, asJson: boolean): UpReport {
  const { out, err, clock } = terminal;
  const paint = painter(terminal.colours);
  const list = liveListOn(terminal, asJson);
  // Below the block nothing can be redrawn in place.
  const later = liveListOn({ ...terminal, isTerminal: false }, asJson);
  let isListed = true;
  // The clock counts from the start of the process.
  const seconds = () => (clock.monotonic() / 1000).toFixed(1);
  const last = asJson ? err : out;
  const readyLine = () => last(`${paint("green", `weft is ready in ${seconds()} s`)}\n`);
  const endList = () => {
    if (isListed) list.end();
    isListed = false;
  };
  return {
    progress: (line) => (isListed ? list : later).progress(line),
    endList,
    up(summary, howToStop) {
      endList();
      if (asJson) out(`${JSON.stringify(summary, null, 2)}\n`);
      else out(`\n${picture(summary, paint)}\n${howToStop}\n`);
      const waiting = unready(summary);
      if (summary.ready) readyLine();
      else last(`weft is up, but not everything is ready: ${waiting.join(", ") || "weft status says more"}\n`);
    },
    ready: readyLine,
  };
}
