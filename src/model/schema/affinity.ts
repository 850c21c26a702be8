import { atomic, choice, integer, list, object, text, texts } from "./build.ts";
import { labelSelector } from "./meta.ts";

const nodeRequirement = object(
  "A requirement on a node.",
  {
    key: text("Label or field."),
    operator: choice("Relation.", ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
  },
  { values: texts("Values.", atomic) },
);
const nodeTerm = object(
  "Requirements, all of which hold.",
  {},
  {
    matchExpressions: list("On labels.", nodeRequirement, atomic),
    matchFields: list("On fields.", nodeRequirement, atomic),
  },
);
const podTerm = object(
  "Pods to be near to, or far from.",
  { topologyKey: text("Node label that says what near means.") },
  {
    labelSelector,
    namespaces: texts("Namespaces.", atomic),
    namespaceSelector: labelSelector,
    matchLabelKeys: texts("Labels taken from the pod.", atomic),
    mismatchLabelKeys: texts("Labels taken from the pod, inverted.", atomic),
  },
);
const weight = integer("1–100.", { minimum: 1, maximum: 100 });
const podAffinity = object(
  "Relative to other pods.",
  {},
  {
    requiredDuringSchedulingIgnoredDuringExecution: list("Must hold.", podTerm, atomic),
    preferredDuringSchedulingIgnoredDuringExecution: list(
      "Should hold.",
      object("A wish.", { weight, podAffinityTerm: podTerm }, {}),
      atomic,
    ),
  },
);

export const affinity = object(
  "Where the pod may or should run.",
  {},
  {
    nodeAffinity: object(
      "Relative to nodes.",
      {},
      {
        requiredDuringSchedulingIgnoredDuringExecution: object(
          "Must hold.",
          { nodeSelectorTerms: list("One of which holds.", nodeTerm, atomic) },
          {},
        ),
        preferredDuringSchedulingIgnoredDuringExecution: list(
          "Should hold.",
          object("A wish.", { weight, preference: nodeTerm }, {}),
          atomic,
        ),
      },
    ),
    podAffinity,
    podAntiAffinity: podAffinity,
  },
);

export const toleration = object(
  "A taint the pod bears.",
  {},
  {
    key: text("Taint key."),
    operator: choice("Relation.", ["Exists", "Equal", "Lt", "Gt"]),
    value: text("Taint value."),
    effect: choice("Taint effect.", ["NoSchedule", "PreferNoSchedule", "NoExecute"]),
    tolerationSeconds: integer("For how long."),
  },
);

export const topologySpread = object(
  "How pods spread over nodes.",
  {
    maxSkew: integer("Largest difference."),
    topologyKey: text("Node label that says what a domain is."),
    whenUnsatisfiable: choice("If it cannot hold.", ["DoNotSchedule", "ScheduleAnyway"]),
  },
  {
    labelSelector,
    minDomains: integer("At least so many domains."),
    nodeAffinityPolicy: choice("Whether node affinity counts.", ["Honor", "Ignore"]),
    nodeTaintsPolicy: choice("Whether taints count.", ["Honor", "Ignore"]),
    matchLabelKeys: texts("Labels taken from the pod.", atomic),
  },
);
