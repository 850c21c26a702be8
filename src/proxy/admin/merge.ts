import { sumExpositions } from "../../metrics/index.ts";
import { type Reply, targetParts } from "./pages.ts";

/** One page out of those that several processes with the same configuration gave. */
export function mergePages(target: string, replies: readonly Reply[]): Reply {
  const [first] = replies;
  if (!first) return { status: 503, body: "INITIALIZING\n" };
  const [path, parameters] = targetParts(target);
  const bodies = replies.map(({ body }) => body);
  switch (path) {
    case "/ready":
      // Those that are ready serve for all.
      return replies.find(({ status = 200 }) => status === 200) ?? first;
    case "/stats":
    case "/stats/prometheus":
      return (first.status ?? 200) === 200 ? { ...first, body: sumExpositions(bodies) } : first;
    case "/clusters":
      return { ...first, body: parameters.get("format") === "json" ? sumStatuses(bodies) : sumLines(bodies) };
    default:
      return first;
  }
}

/** `cluster::address::rq_active::3` lines: what is under way is added. */
function sumLines(bodies: readonly string[]): string {
  const active = /^(.*::rq_active::)(\d+)$/;
  const sums = new Map<string, number>();
  for (const line of bodies.flatMap((body) => body.split("\n"))) {
    const [, name, value] = active.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return (bodies[0] ?? "").replace(
    new RegExp(active.source, "gm"),
    (_, name: string, value: string) => `${name}${sums.get(name) ?? value}`,
  );
}

interface Statuses {
  readonly cluster_statuses: readonly {
    readonly name: string;
    readonly host_statuses: readonly {
      readonly address: object;
      readonly stats: readonly { readonly name: string; readonly value: string }[];
    }[];
  }[];
}

function sumStatuses(bodies: readonly string[]): string {
  const all = bodies.map((body) => JSON.parse(body) as Statuses);
  const sums = new Map<string, number>();
  const keyOf = (...parts: readonly unknown[]) => JSON.stringify(parts);
  for (const { cluster_statuses } of all) {
    for (const { name: cluster, host_statuses } of cluster_statuses) {
      for (const { address, stats } of host_statuses) {
        for (const { name, value } of stats) {
          const key = keyOf(cluster, address, name);
          sums.set(key, (sums.get(key) ?? 0) + Number(value));
        }
      }
    }
  }
  const merged = (all[0]?.cluster_statuses ?? []).map((cluster) => ({
    ...cluster,
    host_statuses: cluster.host_statuses.map((host) => ({
      ...host,
      stats: host.stats.map((stat) => ({
        ...stat,
        value: String(sums.get(keyOf(cluster.name, host.address, stat.name)) ?? stat.value),
      })),
    })),
  }));
  return `${JSON.stringify({ cluster_statuses: merged }, null, 1)}\n`;
}
