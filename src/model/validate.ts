import { type Finding, type Positions, Report } from "./finding.ts";
import { findKind } from "./kinds.ts";
import { reportKind } from "./known-kinds.ts";
import { isDnsLabel, isDnsSubdomain, isLabelKey } from "./names.ts";
import { reportNotActedOn } from "./not-acted-on.ts";
import type { KubeObject } from "./object.ts";
import { formatProblem } from "./formats.ts";
import { destinationRuleRule, gatewayRule, imageCatalogRule, serviceEntryRule } from "./rules/istio.ts";
import type { Rule } from "./rules/rule.ts";
import { keyedDataRule } from "./rules/keyed-data.ts";
import { serviceRule } from "./rules/service.ts";
import { virtualServiceRule } from "./rules/virtual-service.ts";
import { deploymentRule, podRule, replicaSetRule } from "./rules/workload.ts";
import { walk } from "./walk.ts";

const rules: Readonly<Record<string, Rule<never>>> = {
  Pod: podRule,
  Deployment: deploymentRule,
  ReplicaSet: replicaSetRule,
  Service: serviceRule,
  ConfigMap: keyedDataRule,
  Secret: keyedDataRule,
  VirtualService: virtualServiceRule,
  DestinationRule: destinationRuleRule,
  Gateway: gatewayRule,
  ServiceEntry: serviceEntryRule,
  ImageCatalog: imageCatalogRule,
};

/** Names are RFC 1123 labels for these kinds, path segments for roles, subdomains for all others. */
const labelNames = new Set(["Namespace", "Service"]);

/** All that is wrong with an object, and what is worth knowing about it. Empty if nothing is. */
export function validate(object: KubeObject, positions?: Positions): Finding[] {
  const report = new Report(positions);
  const kind = findKind(object.apiVersion, object.kind);
  if (!kind) {
    reportKind(object, report);
    return report.findings;
  }
  const clean = walk(kind.schema, object, [], report) as KubeObject;
  // What is missing now may only be missing because it was of a wrong type.
  report.onlyCauses();
  checkMetadata(clean, kind.namespaced, kind.group === "rbac.authorization.k8s.io", report);
  (rules[kind.kind] as Rule<KubeObject> | undefined)?.(clean, report);
  reportNotActedOn(kind.kind, clean, report);
  return report.findings;
}

function checkMetadata(
  { kind, metadata: given }: Partial<KubeObject>,
  namespaced: boolean,
  role: boolean,
  report: Report,
): void {
  const metadata = given ?? {};
  const { name, generateName } = metadata;
  if (!name && !generateName) report.required(["metadata", "name"], "name or generateName is required");
  if (name) {
    const problem = labelNames.has(kind ?? "")
      ? !isDnsLabel(name) && formatProblem["dns-label"](name)
      : role
        ? /[/%]/.test(name) && "may not contain '/' or '%'"
        : !isDnsSubdomain(name) && formatProblem["dns-subdomain"](name);
    if (problem) report.invalid(["metadata", "name"], name, problem);
  }
  if (!namespaced && metadata.namespace !== undefined)
    report.forbidden(["metadata", "namespace"], `${kind} is not namespaced`);
  for (const field of ["labels", "annotations"] as const) {
    for (const key of Object.keys(metadata[field] ?? {})) {
      const problem = isLabelKey(field === "annotations" ? key.toLowerCase() : key)
        ? undefined
        : formatProblem["label-key"](key);
      if (problem !== undefined)
        report.add(["metadata", field, key], "invalid-value", `Invalid value: ${JSON.stringify(key)}: ${problem}`, {
          key: true,
        });
    }
  }
}
