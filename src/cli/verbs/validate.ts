import { checkReferences } from "../../model/index.ts";
import { byPlace, countText, findingsText, plural } from "../findings.ts";
import { errorsOf, readPaths } from "../manifests.ts";
import { painter } from "../terminal.ts";
import type { Verb } from "../verb.ts";

export const validate: Verb = {
  usage: "PATH…",
  text: "Checks files, the files of folders, or standard input (-), without a mesh and without changing anything.\nExit code 1 when there are errors; warnings alone are fine.",
  operands: [1, Infinity],
  options: {
    output: { type: "string", short: "o", value: "FORM", summary: "how to print", choices: ["json"] },
  },
  examples: [
    { line: "weft validate samples/bookinfo", says: "check a folder" },
    { line: "kubectl get vs -o yaml | weft validate -", says: "check what another program prints" },
    { line: "weft validate -o json mesh.yaml", says: "findings with file, line and column, for programs" },
  ],
  async run({ terminal, operands, value }) {
    const { count, objects, findings: own } = await readPaths(operands, terminal.input);
    const findings = byPlace([...own, ...checkReferences(objects)]);
    const isFine = errorsOf(findings).length === 0;
    if (value("output") === "json") {
      terminal.out(`${JSON.stringify({ valid: isFine, files: count, objects: objects.length, findings }, null, 2)}\n`);
    } else {
      terminal.out(findingsText(findings, painter(terminal.colours)));
      terminal.out(`${plural(objects.length, "object")} in ${plural(count, "file")}: ${countText(findings)}\n`);
    }
    return isFine ? 0 : 1;
  },
};
