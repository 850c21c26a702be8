import { type Load, loadCompositions } from "../compositions.ts";
import { isRunning, notRunning } from "../connect.ts";
import { liveListOn } from "../progress.ts";
import type { Verb } from "../verb.ts";

export const down = downWith(loadCompositions);

export function downWith(load: Load): Verb {
  return {
    usage: "",
    text: "Ends it in order, wherever it was started. What was applied is kept in the data directory.",
    options: {},
    examples: [
      { line: "weft down", says: "stop what `weft up` started here" },
      { line: "weft down --data-dir /tmp/mesh", says: "stop another one" },
    ],
    async run({ terminal, dataDir }) {
      const was = isRunning(dataDir);
      const list = liveListOn(terminal);
      const { takeDown } = await load();
      const ended = await takeDown(dataDir, list.progress);
      list.end();
      if (ended || was) terminal.out("weft is down\n");
      else terminal.out(`${notRunning(dataDir).message.split(";")[0] ?? ""}; nothing to stop\n`);
      return 0;
    },
  };
}
