import type { Finding } from "../../model/index.ts";
import { applyObject } from "../../api/client/index.ts";
import { inOrder, place } from "../apply-order.ts";
import { withClient } from "../connect.ts";
import { countText, findingsText } from "../findings.ts";
import { errorsOf, readPaths, twice } from "../manifests.ts";
import { filesOption, namespaceOption, pathsOf } from "../options.ts";
import { each } from "../each.ts";
import { painter, type Terminal } from "../terminal.ts";
import type { Verb } from "../verb.ts";
import { titleOf } from "../wanted.ts";

export const apply: Verb = {
  usage: "-f PATH…",
  text: "Creates what is not there, changes what is: as `kubectl apply` does, and the two can take turns.\nEverything is checked first; nothing is sent when a file has errors.",
  operands: [0, Infinity],
  options: {
    ...filesOption,
    ...namespaceOption,
    "dry-run": { type: "boolean", summary: "let the mesh say what would happen, and change nothing" },
  },
  examples: [
    { line: "weft apply -f samples/bookinfo/networking/virtual-service-all-v1.yaml", says: "all traffic to version 1" },
    { line: "weft apply -f mesh/ -n shop", says: "the files of a folder, into the namespace shop" },
    { line: "weft apply -f - < mesh.yaml", says: "standard input" },
  ],
  async run(call) {
    const { terminal } = call;
    const paint = painter(terminal.colours);
    const { objects, findings: own } = await readPaths(pathsOf("apply", call), terminal.input);
    const findings = [...own, ...twice(objects)];
    terminal.err(findingsText(findings, paint));
    if (errorsOf(findings).length > 0) {
      terminal.err(`weft: ${countText(findings)}; nothing was applied\n`);
      return 1;
    }
    const placed = inOrder(place(objects, call.value("namespace")));
    const dryRun = call.flag("dry-run");
    return await withClient(call, (client) =>
      each(terminal, placed, async ({ kind, object }) => {
        const done = await applyObject(client, kind, object, { onWarning: newsOnly(terminal, findings), dryRun });
        terminal.out(`${titleOf(kind, object)} ${done}${dryRun ? " (dry run)" : ""}\n`);
      }),
    );
  },
};

/** Prints what the server warns of, but for what was said already, with its place. */
function newsOnly({ err, colours }: Terminal, findings: readonly Finding[]): (text: string) => void {
  const said = findings.map(({ path, message }) => `${path === "" ? "" : `${path}: `}${message}`);
  return (text) => {
    if (!said.some((known) => text.startsWith(known))) err(`${painter(colours)("yellow", "warning:")} ${text}\n`);
  };
}
