import { kinds } from "../kinds.ts";
import type { Given } from "./given.ts";

/** Pods that Services select, and their ports. */
export function serviceReferences(given: Given): void {
  for (const { object, namespace, report } of given.of(kinds.Service)) {
    const selector = Object.entries(object.spec?.selector ?? {});
    if (selector.length === 0 || object.spec?.type === "ExternalName") continue;
    const here = given.pods.filter((pod) => pod.namespace === namespace);
    const pods = here.filter(({ labels }) => selector.every(([key, value]) => labels[key] === value));
    if (pods.length === 0) {
      const wanted = selector.map(([key, value = ""]) => `${key}=${value}`).join(", ");
      const labels = [
        ...new Set(
          here.flatMap((pod) => selector.flatMap(([key]) => (pod.labels[key] ? `${key}=${pod.labels[key]}` : []))),
        ),
      ];
      report.warn(
        ["spec", "selector"],
        "selects-nothing",
        `no Pod or Deployment ${given.where} in the namespace ${namespace} has the labels ${wanted}`,
        labels.length === 0 || labels.length > 12 ? undefined : `there are ${labels.join("; ")}`,
      );
      continue;
    }
    const names = pods.flatMap(({ spec }) =>
      (spec?.containers ?? []).flatMap(({ ports = [] }) => ports.flatMap(({ name }) => name ?? [])),
    );
    for (const [index, { targetPort }] of (object.spec?.ports ?? []).entries()) {
      if (typeof targetPort !== "string" || names.includes(targetPort)) continue;
      report.add(
        ["spec", "ports", index, "targetPort"],
        "unknown-port",
        `no container it selects names a port ${targetPort}`,
        { remedy: `their ports: ${[...new Set(names)].join(", ") || "none has a name"}` },
      );
    }
  }
}
