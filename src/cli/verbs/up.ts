import type { UpOptions } from "../../app/index.ts";
import { checkReferences } from "../../model/index.ts";
import { numberOf } from "../arguments.ts";
import { inOrder, place } from "../apply-order.ts";
import { type Load, loadCompositions } from "../compositions.ts";
import { detach } from "../detach.ts";
import { byPlace, countText, findingsText } from "../findings.ts";
import { holdMesh } from "../hold-mesh.ts";
import { errorsOf, readPaths, twice } from "../manifests.ts";
import { shellWord } from "../shell-word.ts";
import { painter } from "../terminal.ts";
import { upReport } from "../up-report.ts";
import type { Call, Verb } from "../verb.ts";

const networks = ["auto", "netns", "loopback"] as const;
const anyPort = [0, 65_535] as const;
const ports = { api: 16_443, http: 8080, https: 8443 } as const;

export const up = upWith(loadCompositions);

export function upWith(load: Load): Verb {
  return {
    usage: "[PATH…]",
    text: "Files, folders or - (standard input); none: a mesh with nothing in it, for kubectl or weft apply to fill.\nCtrl-C ends everything in order; once more ends it at once. A port 0 is any free one.",
    operands: [0, Infinity],
    options: {
      detach: { type: "boolean", short: "d", summary: "return when it is ready; `weft down` ends it" },
      network: { type: "string", value: "MODE", summary: "how pods are kept apart", choices: networks },
      "api-port": { type: "string", value: "PORT", summary: `where kubectl reaches it (default ${ports.api})` },
      "http-port": { type: "string", value: "PORT", summary: `where gateways serve HTTP (default ${ports.http})` },
      "https-port": { type: "string", value: "PORT", summary: `where gateways serve HTTPS (default ${ports.https})` },
      patience: { type: "string", value: "SECONDS", summary: "how long to wait for all to be ready (default 60)" },
      output: { type: "string", short: "o", value: "FORM", summary: "how to print what runs", choices: ["json"] },
    },
    examples: [
      { line: "weft up samples/bookinfo", says: "run the sample" },
      { line: "weft up --detach app.yaml mesh/", says: "a file and a folder, in the background" },
      { line: "weft up --http-port 0 --api-port 0 -o json app.yaml", says: "on free ports, told to a program" },
    ],
    async run(call) {
      const { terminal } = call;
      const settings = settingsOf(call);
      const { objects, findings: own } = await readPaths(call.operands, terminal.input);
      const findings = byPlace([...own, ...twice(objects), ...checkReferences(objects)]);
      terminal.err(findingsText(findings, painter(terminal.colours)));
      if (errorsOf(findings).length > 0) {
        terminal.err(`weft: ${countText(findings)}; nothing was started\n`);
        return 1;
      }
      const placed = inOrder(place(objects, undefined));
      const options = { ...settings, objects: placed.map(({ object }) => object) };
      const elsewhere = call.value("data-dir");
      const down = elsewhere === undefined ? "weft down" : `weft down --data-dir ${shellWord(elsewhere)}`;
      const report = upReport(terminal, call.value("output") === "json");
      if (call.flag("detach")) return await detach(options, terminal, report, down);
      try {
        return await holdMesh(options, await load(), terminal, {
          progress: report.progress,
          ready: report.ready,
          up: (summary) => report.up(summary, `Ctrl-C stops it, and so does: ${down}`),
          ending() {
            report.endList();
            terminal.err("\nweft: ending everything; once more ends it at once\n");
          },
          ended: () => terminal.err("weft is down\n"),
        });
      } finally {
        report.endList();
      }
    },
  };
}

function settingsOf(call: Call): Omit<UpOptions, "objects"> {
  const network = call.value("network") ?? "auto";
  return {
    dataDir: call.dataDir,
    network: networks.find((name) => name === network) ?? "auto",
    apiPort: numberOf(call, "api-port", anyPort) ?? ports.api,
    httpPort: numberOf(call, "http-port", anyPort) ?? ports.http,
    httpsPort: numberOf(call, "https-port", anyPort) ?? ports.https,
    patience: (numberOf(call, "patience", [0, 86_400]) ?? 60) * 1000,
  };
}
