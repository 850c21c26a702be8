// On the path of every request.
import type { Cluster } from "../config/contract.ts";
import type { UpstreamProtocol } from "./pool.ts";

/**
 * What is spoken with the endpoint of a request that came over HTTP/`major`. Where the callee's own rules are met in the same
 * process, they have the last word, as they would have on a connection of their own.
 */
export function upstreamProtocol(cluster: Cluster, callee: Cluster | undefined, major: 1 | 2): UpstreamProtocol {
  const spoken = resolved(cluster, major === 2 ? "http2" : "http1");
  return callee === undefined ? spoken : resolved(callee, spoken);
}

function resolved({ protocol }: Cluster, downstream: UpstreamProtocol): UpstreamProtocol {
  return protocol === "downstream" ? downstream : protocol;
}
