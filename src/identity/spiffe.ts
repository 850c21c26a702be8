/** The name a workload proves by its certificate: https://spiffe.io, as Istio forms it. */
export function spiffeId(namespace: string, serviceAccount: string, trustDomain = "cluster.local"): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
