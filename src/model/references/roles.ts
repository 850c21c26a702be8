import { closest } from "../closest.ts";
import { kinds } from "../kinds.ts";
import type { Given } from "./given.ts";

/** Roles every cluster has, besides those that begin with `system:`. */
const builtIn = new Set(["admin", "cluster-admin", "edit", "view"]);

/** Roles that bindings name. */
export function roleReferences(given: Given): void {
  for (const { object, namespace, report } of [...given.of(kinds.RoleBinding), ...given.of(kinds.ClusterRoleBinding)]) {
    const { kind, name } = object.roleRef ?? {};
    if (name === undefined || (kind !== "Role" && kind !== "ClusterRole")) continue;
    if (kind === "ClusterRole" && (builtIn.has(name) || name.startsWith("system:"))) continue;
    const where = kind === "Role" ? namespace : "";
    if (given.find(kinds[kind], where, name)) continue;
    const near = closest(name, given.names(kinds[kind], where));
    report.warn(
      ["roleRef", "name"],
      "unknown-role",
      `no ${kind} ${name} is ${given.where}`,
      near === undefined ? undefined : `did you mean \`${near}\`?`,
    );
  }
}
