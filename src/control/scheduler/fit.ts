import type { Node, Pod } from "../../model/index.ts";

type Affinity = NonNullable<Pod["spec"]["affinity"]>;
type Terms = NonNullable<
  NonNullable<Affinity["nodeAffinity"]>["requiredDuringSchedulingIgnoredDuringExecution"]
>["nodeSelectorTerms"];
type Requirement = NonNullable<Terms[number]["matchExpressions"]>[number];
type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

/** Why the pod cannot run on the node, in the words of Kubernetes' scheduler; undefined when it can. */
export function misfit({ spec }: Pod, node: Node): string | undefined {
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return "node(s) didn't match the requested node name";
  const tolerates = (taint: Taint) => (spec.tolerations ?? []).some((toleration) => bears(toleration, taint));
  if (node.spec?.unschedulable && !tolerates({ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" })) {
    return "node(s) were unschedulable";
  }
  const taint = node.spec?.taints?.find((taint) => taint.effect !== "PreferNoSchedule" && !tolerates(taint));
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`;
  if (!selects(spec, node)) return "node(s) didn't match Pod's node affinity/selector";
  return undefined;
}

function selects({ nodeSelector = {}, affinity }: Pod["spec"], node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (Object.entries(nodeSelector).some(([key, value]) => labels[key] !== value)) return false;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!terms) return true;
  const fields = { "metadata.name": node.metadata.name ?? "" };
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    // A term that asks for nothing selects nothing.
    if (matchExpressions.length + matchFields.length === 0) return false;
    const onLabels = matchExpressions.every((requirement) => holds(requirement, labels));
    return onLabels && matchFields.every((requirement) => holds(requirement, fields));
  });
}

function holds({ key, operator, values = [] }: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(values[0]);
  }
}

function bears({ key, operator = "Equal", value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === "Exists";
  return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
}

type Toleration = NonNullable<Pod["spec"]["tolerations"]>[number];
