import { once } from "node:events";
import { explain } from "../../base/index.ts";
import { loadCompositions } from "../compositions.ts";
import type { Order, Word } from "../detach.ts";
import { holdMesh } from "../hold-mesh.ts";
import { liveListOn } from "../progress.ts";
import { Misuse, type Verb } from "../verb.ts";

export const upDetached: Verb = {
  usage: "",
  options: {},
  examples: [{ line: "weft up --detach samples/bookinfo", says: "what starts it" }],
  async run({ terminal }) {
    if (!process.send) throw new Misuse("up-detached is started by `weft up --detach` only");
    const [{ options }] = (await once(process, "message")) as [Order];
    const log = liveListOn({ ...terminal, isTerminal: false });
    try {
      return await holdMesh(options, await loadCompositions(), terminal, {
        progress(line) {
          log.progress(line);
          void tell({ type: "progress", line });
        },
        up(summary) {
          terminal.out("weft is up\n");
          void tell({ type: "up", summary }).then(letGo);
        },
        ready: () => terminal.out("weft is ready\n"),
        ending: () => terminal.out("weft is ending\n"),
        ended: () => terminal.out("weft is down\n"),
      });
    } catch (error) {
      await tell({ type: "failed", text: explain(error) });
      throw error;
    }
  },
};

/** Resolves when it was sent, or nobody listens any more. */
function tell(word: Word): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(word, undefined, undefined, () => resolve());
    else resolve();
  });
}

function letGo(): void {
  if (process.connected) process.disconnect();
}
