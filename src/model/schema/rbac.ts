import type { Static } from "typebox";
import { atomic, list, object, text, texts } from "./build.ts";
import { head, labelSelector } from "./meta.ts";

const rules = list(
  "What is allowed.",
  object(
    "A rule.",
    { verbs: texts("get, list, watch, create, update, patch, delete, or `*`.", atomic) },
    {
      apiGroups: texts('API groups; `""` is the core group.', atomic),
      resources: texts("Resources, in the plural.", atomic),
      resourceNames: texts("Only these objects.", atomic),
      nonResourceURLs: texts("Paths.", atomic),
    },
  ),
  atomic,
);
const subjects = list(
  "Who gets it.",
  object(
    "A user, group or service account.",
    { kind: text("User, Group or ServiceAccount."), name: text("Name.") },
    { apiGroup: text("API group."), namespace: text("Namespace of a service account.") },
  ),
  atomic,
);
const roleRef = object(
  "The role given.",
  { apiGroup: text("rbac.authorization.k8s.io"), kind: text("Role or ClusterRole."), name: text("Name.") },
  {},
);

export const role = object("Permissions in a namespace.", head, { rules });
export type Role = Static<typeof role>;
export const clusterRole = object("Permissions everywhere.", head, {
  rules,
  aggregationRule: object(
    "Collect the rules of other roles.",
    {},
    { clusterRoleSelectors: list("Which roles.", labelSelector, atomic) },
  ),
});
export type ClusterRole = Static<typeof clusterRole>;
export const roleBinding = object("Gives a role in a namespace.", { ...head, roleRef }, { subjects });
export type RoleBinding = Static<typeof roleBinding>;
export const clusterRoleBinding = object("Gives a role everywhere.", { ...head, roleRef }, { subjects });
export type ClusterRoleBinding = Static<typeof clusterRoleBinding>;
