import { type LiveList, liveList } from "./live-list.ts";
import type { Terminal } from "./terminal.ts";

/** A live list on standard output, or on standard error as plain lines when the output is for a program. */
export function liveListOn({ out, err, isTerminal, colours, columns }: Terminal, isForProgram = false): LiveList {
  return isForProgram
    ? liveList({ write: err, isTerminal: false, colours: false, columns })
    : liveList({ write: out, isTerminal, colours, columns });
}
