import { dataDirAt, readText } from "../../app/index.ts";
import { isRunning, notRunning } from "../connect.ts";
import type { Verb } from "../verb.ts";

export const kubeconfig: Verb = {
  usage: "",
  text: "It holds the key to this mesh: whoever reads it may do everything.",
  options: { path: { type: "boolean", summary: "print where the file is instead of what it says" } },
  examples: [
    { line: 'export KUBECONFIG="$(weft kubeconfig --path)"', says: "let kubectl talk to the mesh from now on" },
    { line: "weft kubeconfig > mesh.kubeconfig", says: "keep a copy" },
  ],
  async run({ terminal, dataDir, flag }) {
    const { kubeconfig: file } = dataDirAt(dataDir);
    const text = readText(file);
    if (text === undefined) throw notRunning(dataDir);
    terminal.out(flag("path") ? `${file}\n` : text);
    if (!isRunning(dataDir)) terminal.err("weft: no mesh runs here now; this is what the last one wrote\n");
    return 0;
  },
};
