import { checkReferences, type Finding, type KubeObject, referredKinds } from "../../model/index.ts";
import { applyObject } from "../../api/client/index.ts";
import { inOrder, place } from "../apply-order.ts";
import { type Client, withClient } from "../connect.ts";
import { byPlace, countText, findingsText } from "../findings.ts";
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
    const isFine = (): boolean => {
      const errors = errorsOf(findings).length;
      if (errors > 0) terminal.err(`weft: ${countText(findings)}; nothing was applied\n`);
      return errors === 0;
    };
    terminal.err(findingsText(byPlace(findings), paint));
    if (!isFine()) return 1;
    const placed = inOrder(place(objects, call.value("namespace")));
    const dryRun = call.flag("dry-run");
    return await withClient(call, async (client) => {
      const about = checkReferences(placed, await referred(client));
      findings.push(...about);
      terminal.err(findingsText(byPlace(about), paint));
      if (!isFine()) return 1;
      return await each(terminal, placed, async ({ kind, object }) => {
        const done = await applyObject(client, kind, object, { onWarning: newsOnly(terminal, findings), dryRun });
        terminal.out(`${titleOf(kind, object)} ${done}${dryRun ? " (dry run)" : ""}\n`);
      });
    });
  },
};

/** What the mesh has of the kinds that files refer to. */
async function referred(client: Client): Promise<KubeObject[]> {
  const lists = await Promise.all(referredKinds.map((kind) => client.list(kind)));
  return lists.flatMap(({ items }) => items);
}

/** Prints what the server warns of, but for what was said already, with its place. */
function newsOnly({ err, colours }: Terminal, findings: readonly Finding[]): (text: string) => void {
  const said = findings.map(({ path, message }) => `${path === "" ? "" : `${path}: `}${message}`);
  return (text) => {
    if (!said.some((known) => text.startsWith(known))) err(`${painter(colours)("yellow", "warning:")} ${text}\n`);
  };
}
