import { explain } from "../../base/index.ts";
import type { Pod } from "../../model/index.ts";
import { numberOf } from "../arguments.ts";
import { accessOf, withClient } from "../connect.ts";
import { logLines } from "../log-stream.ts";
import { namespaceOption } from "../options.ts";
import { podsOf } from "../pods-of.ts";
import { harmless, painter, type Terminal } from "../terminal.ts";
import type { Verb } from "../verb.ts";

export const logs: Verb = {
  usage: "WORKLOAD",
  text: "WORKLOAD is a pod, a deployment (or deployment/NAME), or the name of an app (label app). With several pods,\neach line begins with [pod].",
  operands: [1, 1],
  options: {
    follow: { type: "boolean", short: "f", summary: "go on as lines are written, until Ctrl-C" },
    container: { type: "string", short: "c", value: "NAME", summary: "which container (default: the first)" },
    tail: { type: "string", value: "N", summary: "only the last N lines" },
    previous: { type: "boolean", short: "p", summary: "of the run before this one" },
    ...namespaceOption,
  },
  examples: [
    { line: "weft logs reviews -f", says: "all pods of the app reviews, as they write" },
    { line: "weft logs deployment/ratings-v1 --tail 20", says: "the last lines" },
    { line: "weft logs productpage-v1 --previous", says: "why it was started anew" },
  ],
  async run(call) {
    const { terminal, dataDir, operands } = call;
    const tailLines = numberOf(call, "tail", [0, Infinity]);
    const access = accessOf(dataDir);
    const pods = await withClient(call, (client) =>
      podsOf(client, operands[0] ?? "", call.value("namespace") ?? "default"),
    );
    const aborter = new AbortController();
    const stop = () => aborter.abort();
    const forget = terminal.onStop(stop, stop);
    const paint = painter(terminal.colours);
    const print = async (pod: Pod): Promise<boolean> => {
      const { name = "", namespace = "default" } = pod.metadata;
      const prefix = pods.length > 1 ? `${paint("dim", `[${name}]`)} ` : "";
      try {
        const container = containerOf(pod, call.value("container"), terminal);
        const query = { namespace, pod: name, container, tailLines, signal: aborter.signal };
        const lines = logLines(access, { ...query, follow: call.flag("follow"), previous: call.flag("previous") });
        for await (const line of lines) terminal.out(`${prefix}${terminal.isTerminal ? shown(line) : line}\n`);
        return true;
      } catch (error) {
        terminal.err(`weft: ${name}: ${explain(error)}\n`);
        return false;
      }
    };
    const fine = await Promise.all(pods.map(print));
    forget();
    if (aborter.signal.aborted) return 130;
    return fine.every(Boolean) ? 0 : 1;
  },
};

/** The one asked for, the one the pod names as its default, or the first. */
function containerOf({ metadata, spec }: Pod, wanted: string | undefined, terminal: Terminal): string {
  if (wanted !== undefined) return wanted;
  const names = (spec?.containers ?? []).map(({ name }) => name);
  const byDefault = metadata.annotations?.["kubectl.kubernetes.io/default-container"];
  const name = names.find((one) => one === byDefault) ?? names[0] ?? "";
  if (names.length > 1) terminal.err(`container ${name}, out of ${names.join(", ")}; choose with -c\n`);
  return name;
}

/** Programs may colour what they write; they may not move the cursor. */
function shown(line: string): string {
  return (
    line
      // oxlint-disable-next-line no-control-regex -- control characters are what it takes out
      .split(/(\x1b\[[\d;]*m)/)
      .map((part, index) => (index % 2 === 1 ? part : harmless(part)))
      .join("")
  );
}
