import type { Cluster, Endpoint } from "../config/contract.ts";
import type { Securing } from "../net/connector.ts";
import type { Surroundings } from "./surroundings.ts";

/** How a connection to an endpoint becomes secure; undefined: it stays plain. */
export function securing(
  cluster: Cluster,
  endpoint: Endpoint,
  asking: { readonly alpn: readonly string[]; readonly serverName?: string | undefined },
  { telemetry }: Surroundings,
): Securing | undefined {
  const tls = cluster.tls(endpoint);
  if (!tls) return undefined;
  const { key, hostname } = endpoint;
  return {
    tls,
    towards: { key, hostname, ...asking, nameMustFit: cluster.serverNames.checked },
    counters: telemetry.tls("cluster", cluster.name),
  };
}
