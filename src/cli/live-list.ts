import type { Progress, ProgressLine } from "../app/index.ts";

/** Where progress goes: `rows` lines that are redrawn on a terminal, plain lines elsewhere. */
export interface LiveList {
  readonly progress: Progress;
  /** Leaves the last state on the screen. */
  end(): void;
}

export interface ListOutput {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly colours: boolean;
  readonly columns: number;
}

const marks = { working: "…", done: "✔", failed: "✘" } as const;
const colours = { working: "33", done: "32", failed: "31" } as const;

/** On a terminal a list that is redrawn in place; elsewhere one line for each state that is reached. */
export function liveList(output: ListOutput): LiveList {
  return output.isTerminal ? terminalList(output) : plainList(output);
}

function plainList(output: ListOutput): LiveList {
  const said = new Map<string, string>();
  return {
    progress: (line) => {
      const text = `${line.label}${line.detail ? `: ${line.detail}` : ""}`;
      if (line.state === "working" || said.get(line.id) === text) return;
      said.set(line.id, text);
      output.write(`${line.state === "failed" ? "failed: " : ""}${text}\n`);
    },
    end: () => undefined,
  };
}

function terminalList(output: ListOutput): LiveList {
  const lines = new Map<string, ProgressLine>();
  let drawn = 0;
  let pending: NodeJS.Immediate | undefined;
  const draw = () => {
    pending = undefined;
    const width = Math.max(...[...lines.values()].map((line) => line.label.length));
    let text = drawn > 0 ? `\x1b[${drawn}A` : "";
    for (const line of lines.values()) {
      const plain = `${line.label.padEnd(width)}  ${line.detail ?? ""}`
        .slice(0, Math.max(20, output.columns - 4))
        .trimEnd();
      const mark = output.colours ? `\x1b[${colours[line.state]}m${marks[line.state]}\x1b[0m` : marks[line.state];
      text += `\x1b[2K ${mark} ${plain}\n`;
    }
    drawn = lines.size;
    output.write(text);
  };
  return {
    progress: (line) => {
      lines.set(line.id, line);
      pending ??= setImmediate(draw);
    },
    end: () => {
      if (pending === undefined) return;
      clearImmediate(pending);
      draw();
    },
  };
}
