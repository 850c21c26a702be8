import { isDeepStrictEqual } from "node:util";
import { kinds, type KubeObject, type ObjectMeta, type Pod } from "../../model/index.ts";
import type { World } from "../world.ts";
import { referencedBy, serviceAccountOf } from "./order-inputs.ts";

/** Calls `affected` with the uid of every pod whose order is made from something that changed. Returns how to stop. */
export function followInputs(
  world: World,
  pods: () => readonly Pod[],
  affected: (uid: string) => void,
): readonly (() => void)[] {
  const tell = (concerns: (pod: Pod) => boolean) => {
    for (const pod of pods()) if (concerns(pod)) affected(pod.metadata.uid ?? "");
  };
  const changed = (before: KubeObject | undefined, after: KubeObject | undefined): ObjectMeta | undefined => {
    // A status says nothing about what a pod runs.
    if (before && after && isDeepStrictEqual(before["spec"], after["spec"])) return undefined;
    return (after ?? before)?.metadata;
  };
  const referenced = (kind: "ConfigMap" | "Secret") => (before?: KubeObject, after?: KubeObject) => {
    const { namespace, name = "" } = (after ?? before)?.metadata ?? {};
    tell((pod) => pod.metadata.namespace === namespace && referencedBy(pod, kind).has(name));
  };
  return [
    world.informer(kinds.ConfigMap).onChange(referenced("ConfigMap")),
    world.informer(kinds.Secret).onChange(referenced("Secret")),
    world.informer(kinds.ServiceAccount).onChange((before, after) => {
      const { namespace, name } = (after ?? before)?.metadata ?? {};
      tell((pod) => pod.metadata.namespace === namespace && serviceAccountOf(pod) === name);
    }),
    world.informer(kinds.Service).onChange((before, after) => {
      const service = changed(before, after);
      // Pods are told of the services beside them, and all of the API.
      const isApi = service?.namespace === "default" && service.name === "kubernetes";
      if (service) tell((pod) => isApi || pod.metadata.namespace === service.namespace);
    }),
    world.informer(kinds.ImageCatalog).onChange((before, after) => {
      if (changed(before, after)) tell(() => true);
    }),
  ];
}
