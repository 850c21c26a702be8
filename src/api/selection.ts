import { type KubeObject, matchesFields, parseFieldSelector, parseSelector } from "../model/index.ts";
import { badRequest } from "./faults.ts";

export interface SelectionRequest {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Whether an object is in the namespace and fits both selectors. */
export function selection({
  namespace,
  labelSelector,
  fieldSelector,
}: SelectionRequest): (object: KubeObject) => boolean {
  try {
    const labels = labelSelector ? parseSelector(labelSelector) : undefined;
    const fields = fieldSelector ? parseFieldSelector(fieldSelector) : [];
    return (object) =>
      (namespace === undefined || object.metadata.namespace === namespace) &&
      (labels === undefined || labels.matches(object.metadata.labels ?? {})) &&
      matchesFields(fields, object);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error));
  }
}
