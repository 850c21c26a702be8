/** `outbound|9080|v1|reviews.default.svc.cluster.local`. */
export function outboundCluster(host: string, port: number, subset?: string): string {
  return `outbound|${port}|${subset ?? ""}|${host}`;
}

/** `inbound|9080||`. */
export function inboundCluster(port: number): string {
  return `inbound|${port}||`;
}

export const passthroughCluster = "PassthroughCluster";
export const blackHoleCluster = "BlackHoleCluster";
export const inboundPassthroughCluster = "InboundPassthroughCluster";

/** Resources come over the same conversation; the fields stock Envoy needs to know so. */
export const ads = { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" } as const;
