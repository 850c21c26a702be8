import { codeOf, explain } from "../../base/index.ts";
import { type Load, loadCompositions } from "../compositions.ts";
import { isRunning, notRunning } from "../connect.ts";
import { picture, unready } from "../picture.ts";
import { painter } from "../terminal.ts";
import type { Verb } from "../verb.ts";

export const status = statusWith(loadCompositions);

export function statusWith(load: Load): Verb {
  return {
    usage: "",
    text: "Exit code 0 when everything is ready, 1 when something is not, 3 when no mesh runs here.",
    options: { output: { type: "string", short: "o", value: "FORM", summary: "how to print", choices: ["json"] } },
    examples: [
      { line: "weft status", says: "workloads, addresses, the proxy, notes" },
      { line: "weft status -o json | jq -r '.routes[].url'", says: "the addresses, for programs" },
    ],
    async run({ terminal, dataDir, value }) {
      if (!isRunning(dataDir)) return tell(notRunning(dataDir));
      const { readStatus } = await load();
      try {
        const summary = await readStatus(dataDir);
        if (value("output") === "json") terminal.out(`${JSON.stringify(summary, null, 2)}\n`);
        else {
          terminal.out(`${picture(summary, painter(terminal.colours))}\n`);
          const waiting = unready(summary);
          const why = waiting.length > 0 ? `: ${waiting.join(", ")}` : "";
          terminal.out(summary.ready ? "weft is ready\n" : `not everything is ready${why}\n`);
        }
        return summary.ready ? 0 : 1;
      } catch (error) {
        // It may have ended since it was looked for.
        if (codeOf(error) === "not-running" || !isRunning(dataDir)) return tell(error);
        throw error;
      }

      function tell(error: unknown): number {
        terminal.err(`${explain(codeOf(error) === "not-running" ? error : notRunning(dataDir))}\n`);
        return 3;
      }
    },
  };
}
