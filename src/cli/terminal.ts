import { systemClock, type Clock } from "../base/index.ts";
import { onStopSignals } from "./stop-signals.ts";

/** Everything a verb reads from or writes to, so that tests can hold it. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** All of standard input. */
  readonly input: () => Promise<string>;
  readonly isTerminal: boolean;
  readonly colours: boolean;
  /** Width of the window. */
  readonly columns: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Calls `stop` when the user asks to end (Ctrl-C and the like), `hurry` when asked again, `reload` for SIGHUP. Gives what ends the listening. */
  readonly onStop: (stop: () => void, hurry: () => void, reload?: () => void) => () => void;
}

export function systemTerminal(): Terminal {
  const { stdout, stderr, stdin, env } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    async input() {
      let text = "";
      stdin.setEncoding("utf8");
      for await (const chunk of stdin) text += String(chunk);
      return text;
    },
    isTerminal: stdout.isTTY && env["TERM"] !== "dumb",
    colours: wantsColours(stdout.isTTY, env),
    get columns() {
      return stdout.columns ?? 80;
    },
    env,
    clock: systemClock,
    onStop: (stop, hurry, reload) => onStopSignals(systemClock, stop, hurry, process, reload),
  };
}

/** Only on a terminal, and never against https://no-color.org. */
export function wantsColours(isTerminal: boolean, env: Terminal["env"]): boolean {
  return isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

const codes = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33" } as const;
export type Paint = (style: keyof typeof codes, text: string) => string;

export function painter(colours: boolean): Paint {
  return (style, text) => (colours && text !== "" ? `\x1b[${codes[style]}m${text}\x1b[0m` : text);
}

/** Control characters of foreign text must not move the cursor. */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it takes out
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? `^${String.fromCharCode(code + 64)}` : "?";
  });
}
