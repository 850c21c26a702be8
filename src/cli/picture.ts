import type { Summary, WorkloadSummary } from "../app/index.ts";
import { plural } from "./findings.ts";
import { shellWord } from "./shell-word.ts";
import { Table } from "./table.ts";
import { harmless, type Paint } from "./terminal.ts";

/** What runs, for people: workloads, the addresses to open, how to talk to it, what to know. */
export function picture(summary: Summary, paint: Paint): string {
  return [workloads(summary, paint), routes(summary, paint), doors(summary, paint), notes(summary, paint)]
    .filter((part) => part !== "")
    .join("\n");
}

/** `deployment default/reviews-v3 (0/1): its image is not known`, for each workload that is not ready. */
export function unready({ workloads }: Summary): string[] {
  return workloads
    .filter(({ ready, desired }) => ready < desired)
    .map(({ kind, namespace, name, ready, desired, reasons }) => {
      const why = reasons.length > 0 ? `: ${reasons.join("; ")}` : "";
      return harmless(`${kind.toLowerCase()} ${namespace}/${name} (${ready}/${desired})${why}`);
    });
}

function workloads({ workloads: rows }: Summary, paint: Paint): string {
  if (rows.length === 0) return "No workloads yet; add some with: weft apply -f PATH\n";
  const withNamespace = rows.some(({ namespace }) => namespace !== "default");
  const withKind = rows.some(({ kind }) => kind !== "Deployment");
  const cells = (row: WorkloadSummary) => [
    ...(withNamespace ? [row.namespace] : []),
    ...(withKind ? [row.kind.toLowerCase()] : []),
    row.name,
    `${row.ready}/${row.desired}`,
    row.reasons.join("; "),
  ];
  const heads = [...(withNamespace ? ["NAMESPACE"] : []), ...(withKind ? ["KIND"] : []), "WORKLOAD", "READY", ""];
  const [head = "", ...lines] = new Table().lines([heads, ...rows.map(cells)]).split("\n");
  const painted = rows.map(({ ready, desired }, index) => {
    const isReady = ready >= desired;
    return `${paint(isReady ? "green" : "red", isReady ? "✔" : "✘")} ${lines[index] ?? ""}\n`;
  });
  return `  ${paint("bold", head)}\n${painted.join("")}`;
}

function routes({ routes: rows }: Summary, paint: Paint): string {
  if (rows.length === 0) return "";
  const table = new Table().lines(
    rows.map(({ url, hosts, gateway }) => {
      const named = hosts.filter((host) => host !== "*");
      return [url, named.length > 0 ? `for host ${named.join(", ")}` : "", gateway];
    }),
  );
  return `${paint("bold", "Open")}\n${indented(table)}`;
}

function doors({ api, kubeconfig, metrics, admin, proxy, network }: Summary, paint: Paint): string {
  const nodes =
    proxy.pid === undefined ? "not running" : `process ${proxy.pid}, serves ${plural(proxy.nodes, "workload")}`;
  const refused = proxy.refused.map((text) => ["", `refused: ${text}`]);
  const table = new Table().lines([
    ["Kubernetes API", api],
    ["metrics", metrics],
    ["admin pages", admin],
    ["proxy", nodes],
    ...refused,
    ["network", network],
    ["kubectl", `export KUBECONFIG=${shellWord(kubeconfig)}`],
  ]);
  return `${paint("bold", "Behind it")}\n${indented(table)}`;
}

function notes({ notes: all }: Summary, paint: Paint): string {
  if (all.length === 0) return "";
  return `${paint("bold", "To know")}\n${all.map((note) => `  ${paint("yellow", "!")} ${harmless(note)}\n`).join("")}`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
