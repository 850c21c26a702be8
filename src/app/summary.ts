import { whyNotReady } from "../control/index.ts";
import type { Deployment, Event, Pod } from "../model/index.ts";
import type { Mesh } from "../mesh/index.ts";
import { gatewayRoutes } from "../translate/index.ts";
import type { RouteSummary, WorkloadSummary } from "./options.ts";

/** Deployments, and pods that nobody owns, with how much of each is ready and why not more. */
export function workloadSummaries(
  deployments: readonly Deployment[],
  pods: readonly Pod[],
  events: readonly Event[] = [],
): WorkloadSummary[] {
  const rows = deployments.map((deployment): WorkloadSummary => {
    const { name = "", namespace = "default" } = deployment.metadata;
    const desired = deployment.spec?.replicas ?? 1;
    const { observedGeneration, readyReplicas = 0, updatedReplicas = 0 } = deployment.status ?? {};
    const current = observedGeneration === deployment.metadata.generation;
    const ready = current ? Math.min(readyReplicas, updatedReplicas) : 0;
    const own = pods.filter((pod) => pod.metadata.namespace === namespace && belongsTo(pod, deployment));
    const reasons = ready < desired ? whyNotReady(deployment, own, events) : [];
    return { kind: "Deployment", namespace, name, ready, desired, reasons };
  });
  for (const pod of pods) {
    if ((pod.metadata.ownerReferences ?? []).length > 0) continue;
    const { name = "", namespace = "default" } = pod.metadata;
    const ended = pod.status?.phase === "Succeeded";
    const ready = ended || pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    rows.push({
      kind: "Pod",
      namespace,
      name,
      ready: ready ? 1 : 0,
      desired: 1,
      reasons: ready ? [] : whyNotReady(pod, [pod], events),
    });
  }
  return rows.toSorted((one, other) => (key(one) < key(other) ? -1 : 1));
}

const key = ({ namespace, name }: WorkloadSummary) => `${namespace}/${name}`;

function belongsTo(pod: Pod, deployment: Deployment): boolean {
  const hash = pod.metadata.labels?.["pod-template-hash"];
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return hash !== undefined && owner?.name === `${deployment.metadata.name ?? ""}-${hash}`;
}

/** The addresses people open: one for each path a VirtualService serves at a gateway that is reachable, `tls://` and `tcp://` where it looks at no paths. */
export function routeSummaries(mesh: Mesh, bound: (port: number) => number | undefined): RouteSummary[] {
  const found = new Map<string, { hosts: Set<string>; gateway: string }>();
  for (const { scheme, port, host, path, kind, virtualService } of gatewayRoutes(mesh)) {
    const at = bound(port);
    if (at === undefined || kind === "regex") continue;
    const url = `${scheme}://127.0.0.1:${at}${path}`;
    const entry = found.get(url) ?? { hosts: new Set(), gateway: virtualService };
    entry.hosts.add(host);
    found.set(url, entry);
  }
  return [...found].map(([url, { hosts, gateway }]) => ({ url, hosts: [...hosts], gateway }));
}
