import { systemChance, systemClock } from "../../base/index.ts";
import type { Listener, Node, ResourceChange, ResourceKind, Secret } from "../../xds/index.ts";
import type { WantedPort } from "../capture/bound-ports.ts";
import type { WorkloadSurroundings } from "../config/workload.ts";
import type { Bootstrap } from "./bootstrap.ts";

/** A bootstrap's static resources, as changes in the order in which they are put in force. */
export interface StaticResources {
  readonly changes: readonly ResourceChange[];
  /** Each has a name: its own, or its place. */
  readonly listeners: readonly Listener[];
  /** Where the resource of this name stands. */
  readonly pathOf: (kind: ResourceKind, name: string) => string;
}

/** `before`: what is in force; of it, everything the bootstrap does not have any more is removed. */
export function resourcesOf({ static_resources }: Bootstrap, before: Bootstrap = {}): StaticResources {
  const { listeners = [], clusters = [] } = static_resources ?? {};
  const paths = new Map<string, string>();
  const named = <T extends { readonly name?: string }>(kind: ResourceKind, field: string, entries: readonly T[]) =>
    new Map(
      entries.map((entry, index) => {
        const name = entry.name || `${field}[${index}]`;
        paths.set(`${kind} ${name}`, `static_resources.${field}[${index}]`);
        return [name, entry.name ? entry : { ...entry, name }];
      }),
    );
  const next = { cluster: named("cluster", "clusters", clusters), listener: named("listener", "listeners", listeners) };
  const old = before.static_resources ?? {};
  const gone = (
    entries: readonly { readonly name?: string }[] = [],
    field: string,
    now: ReadonlyMap<string, unknown>,
  ) => entries.map(({ name }, index) => name || `${field}[${index}]`).filter((name) => !now.has(name));
  const none = { changed: new Map(), removed: [] };
  return {
    changes: [
      { kind: "cluster", changed: next.cluster, removed: [] },
      { kind: "endpoint", ...none },
      { kind: "route", ...none },
      { kind: "listener", changed: next.listener, removed: gone(old.listeners, "listeners", next.listener) },
      { kind: "names", ...none },
      // Last: no rule leads to them any more.
      { kind: "cluster", changed: new Map(), removed: gone(old.clusters, "clusters", next.cluster) },
    ],
    listeners: [...next.listener.values()],
    pathOf: (kind, name) => paths.get(`${kind} ${name}`) ?? "static_resources",
  };
}

/** Where a bootstrap's listeners are to be bound. */
export function portsOf(bootstrap: Bootstrap): WantedPort[] {
  return resourcesOf(bootstrap)
    .listeners.filter(({ bind_to_port = true }) => bind_to_port)
    .flatMap(({ name, address, additional_addresses = [] }) =>
      [address, ...additional_addresses.map((each) => each.address)].map(
        ({ socket_address: { address: host, port_value, ipv4_compat } }) => ({
          listener: name,
          address: host,
          port: port_value,
          bothFamilies: ipv4_compat ?? false,
        }),
      ),
    );
}

/** Who a proxy of a bootstrap is. Istio's metadata is read where it is given, for the labels of metrics. */
export function nodeOf({ node }: Bootstrap): Node {
  const given: Readonly<Record<string, unknown>> =
    typeof node?.metadata === "object" && node.metadata !== null ? { ...node.metadata } : {};
  const id = node?.id ?? "weft";
  const word = (name: string, otherwise = "unknown") => {
    const value = given[name];
    return typeof value === "string" && value !== "" ? value : otherwise;
  };
  const labels = given["LABELS"];
  return {
    id,
    cluster: node?.cluster ?? "",
    metadata: {
      ...given,
      NAME: word("NAME", id),
      NAMESPACE: word("NAMESPACE"),
      WORKLOAD_NAME: word("WORKLOAD_NAME", id),
      SERVICE_ACCOUNT: word("SERVICE_ACCOUNT"),
      CLUSTER_ID: word("CLUSTER_ID"),
      MESH_ID: word("MESH_ID"),
      LABELS:
        typeof labels === "object" && labels !== null
          ? Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]))
          : {},
      INSTANCE_IPS: word("INSTANCE_IPS", ""),
      MESHED: false,
    },
  };
}

/** A bootstrap's secrets, by name. */
export function secretsOf({ static_resources }: Bootstrap): ReadonlyMap<string, Secret> {
  return new Map((static_resources?.secrets ?? []).map((secret) => [secret.name, secret]));
}

/** Where resources can be tried: names are never asked for, nothing is written. */
export const inertSurroundings: Omit<WorkloadSurroundings, "material"> = {
  clock: { ...systemClock, after: () => ({ cancel: () => undefined }) },
  chance: systemChance,
  resolve: () => new Promise(() => undefined),
  write: () => undefined,
  allBound: true,
};
