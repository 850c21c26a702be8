import type { Pod } from "../../model/index.ts";
import type { PodReport } from "../../runtime/index.ts";

/** What is so when the agent has died: nothing of the pod runs any more. */
export function lostReport(pod: Pod): PodReport {
  const message = "the node agent ended, and the pod's processes with it; they are started again";
  return nothingRuns(pod, "ContainerCreating", message);
}

/** What is so while it cannot be made out what the pod runs. */
export function unresolvedReport(pod: Pod, message: string): PodReport {
  return nothingRuns(pod, "CreateContainerConfigError", message);
}

function nothingRuns({ spec, status = {} }: Pod, reason: string, message: string): PodReport {
  const waiting = (
    containers: readonly { readonly name: string; readonly image?: string }[],
    before: PodStatuses = [],
  ) =>
    containers.map(({ name, image = "" }) => ({
      ...(before.find((item) => item.name === name) ?? { name, image, imageID: "", restartCount: 0 }),
      state: { waiting: { reason, message } },
      ready: false,
      started: false,
    }));
  return {
    phase: "Pending",
    ready: false,
    initialized: (spec.initContainers ?? []).length === 0,
    containerStatuses: waiting(spec.containers, status.containerStatuses),
    initContainerStatuses: waiting(spec.initContainers ?? [], status.initContainerStatuses),
  };
}

type PodStatuses = NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>;
