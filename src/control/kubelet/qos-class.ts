import { parseQuantity, type Pod } from "../../model/index.ts";

/** Quality of service by the rules of Kubernetes: what every container asks for and is limited to, in CPU and memory. */
export function qosClassOf({ spec }: Pod): "Guaranteed" | "Burstable" | "BestEffort" {
  let asked = false;
  let guaranteed = true;
  for (const { resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
    for (const name of ["cpu", "memory"]) {
      const limit = amount(resources?.limits?.[name]);
      const request = amount(resources?.requests?.[name]) || limit;
      if (limit > 0 || request > 0) asked = true;
      if (limit === 0 || limit !== request) guaranteed = false;
    }
  }
  return asked ? (guaranteed ? "Guaranteed" : "Burstable") : "BestEffort";
}

const amount = (quantity: string | number | undefined): number =>
  quantity === undefined ? 0 : (parseQuantity(quantity) ?? 0);
