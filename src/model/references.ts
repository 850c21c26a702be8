import type { Finding } from "./finding.ts";
import { kinds } from "./kinds.ts";
import type { LocatedObject } from "./manifest.ts";
import { Given } from "./references/given.ts";
import { podReferences } from "./references/pods.ts";
import { roleReferences } from "./references/roles.ts";
import { routingReferences } from "./references/routing.ts";
import { serviceReferences } from "./references/services.ts";

/** Namespaces that are always there. */
const present = new Set(["", "default", "kube-system", "kube-public", "kube-node-lease"]);

/**
 * What is wrong between objects that are to be applied together, in their order.
 * A contradiction (a Service without the port, a DestinationRule without the subset) is an error;
 * something that is not among them is a warning, for it may be in the mesh already. One object alone has nothing to compare with.
 */
export function checkReferences(objects: readonly LocatedObject[]): Finding[] {
  if (objects.length < 2) return [];
  const given = new Given(objects);
  namespaceReferences(given);
  routingReferences(given);
  serviceReferences(given);
  podReferences(given);
  roleReferences(given);
  return given.all.flatMap(({ report }) => report.findings);
}

function namespaceReferences(given: Given): void {
  const told = new Set([...present, ...given.of(kinds.Namespace).map(({ name }) => name)]);
  for (const { namespace, report } of given.all) {
    if (told.has(namespace)) continue;
    told.add(namespace);
    const message = `no Namespace ${namespace} is among these files`;
    report.warn(["metadata", "namespace"], "unknown-namespace", message, `\`kubectl create namespace ${namespace}\``);
  }
}
