import type { Finding } from "./finding.ts";
import type { Kind } from "./kind.ts";
import { kinds } from "./kinds.ts";
import type { LocatedObject } from "./manifest.ts";
import type { KubeObject } from "./object.ts";
import { Given } from "./references/given.ts";
import { podReferences } from "./references/pods.ts";
import { roleReferences } from "./references/roles.ts";
import { routingReferences } from "./references/routing.ts";
import { serviceReferences } from "./references/services.ts";

/** Kinds that others refer to by name or by labels. */
export const referredKinds: readonly Kind[] = [
  kinds.Namespace,
  kinds.Service,
  kinds.ServiceEntry,
  kinds.DestinationRule,
  kinds.Gateway,
  kinds.Pod,
  kinds.Deployment,
  kinds.ReplicaSet,
  kinds.ConfigMap,
  kinds.Secret,
  kinds.ServiceAccount,
  kinds.Role,
  kinds.ClusterRole,
] as readonly Kind[];

/** Namespaces that are always there. */
const present = new Set(["", "default", "kube-system", "kube-public", "kube-node-lease"]);

/**
 * What is wrong between objects that are to be applied together, in their order.
 * A contradiction (a Service without the port, a DestinationRule without the subset) is an error;
 * something that is not among them is a warning, for it may come later. One object alone has nothing to compare with,
 * unless it is told what is `inMesh`: all objects of `referredKinds` that are there already.
 */
export function checkReferences(objects: readonly LocatedObject[], inMesh?: readonly KubeObject[]): Finding[] {
  if (objects.length < 2 && !inMesh) return [];
  const given = new Given(objects, inMesh);
  namespaceReferences(given);
  routingReferences(given);
  serviceReferences(given);
  podReferences(given);
  roleReferences(given);
  return withoutEchoes(given.all.flatMap(({ report }) => report.findings));
}

/** A warning that many objects give rise to is told where it first stands, and how often. */
function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const first = new Map<string, Finding>();
  const more = new Map<Finding, number>();
  const told = findings.filter((finding) => {
    const key = `${finding.code} ${finding.message}`;
    const before = first.get(key);
    if (before === undefined || finding.severity === "error") {
      first.set(key, finding);
      return true;
    }
    more.set(before, (more.get(before) ?? 0) + 1);
    return false;
  });
  return told.map((finding) => {
    const count = more.get(finding);
    if (count === undefined) return finding;
    return { ...finding, message: `${finding.message} (and so in ${count} more ${count === 1 ? "place" : "places"})` };
  });
}

function namespaceReferences(given: Given): void {
  const told = new Set([...present, ...given.of(kinds.Namespace).map(({ name }) => name)]);
  for (const { namespace, report } of given.all) {
    if (told.has(namespace)) continue;
    told.add(namespace);
    const message = `no Namespace ${namespace} is ${given.where}`;
    report.warn(["metadata", "namespace"], "unknown-namespace", message, `\`kubectl create namespace ${namespace}\``);
  }
}
