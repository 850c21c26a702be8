import {
  type ConfigMap,
  type ImageCatalog,
  kinds,
  type Pod,
  type Secret,
  type Service,
  type ServiceAccount,
} from "../../model/index.ts";
import type { World } from "../world.ts";

/** What a pod's order is made from, besides the pod. */
export interface OrderInputs {
  /** Of the pod's namespace, as are the secrets. */
  readonly configMaps: readonly ConfigMap[];
  readonly secrets: readonly Secret[];
  /** Of all namespaces. */
  readonly services: readonly Service[];
  readonly serviceAccount: ServiceAccount | undefined;
  readonly catalogs: readonly ImageCatalog[];
}

/** Gathers them from the caches. */
export function orderInputs(world: World, pod: Pod): OrderInputs {
  const namespace = pod.metadata.namespace ?? "default";
  return {
    configMaps: world.informer(kinds.ConfigMap).byNamespace(namespace),
    secrets: world.informer(kinds.Secret).byNamespace(namespace),
    services: world.informer(kinds.Service).list(),
    serviceAccount: world.informer(kinds.ServiceAccount).get(`${namespace}/${serviceAccountOf(pod)}`),
    catalogs: world.informer(kinds.ImageCatalog).list(),
  };
}

export const serviceAccountOf = ({ spec }: Pod): string => spec.serviceAccountName ?? "default";

/** Names of the ConfigMaps or Secrets that variables and volumes of the pod take values from. */
export function referencedBy({ spec }: Pod, kind: "ConfigMap" | "Secret"): ReadonlySet<string> {
  const names = new Set<string | undefined>();
  const isConfigMap = kind === "ConfigMap";
  for (const { env = [], envFrom = [] } of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const { configMapRef, secretRef } of envFrom) names.add((isConfigMap ? configMapRef : secretRef)?.name);
    for (const { valueFrom } of env) {
      names.add((isConfigMap ? valueFrom?.configMapKeyRef : valueFrom?.secretKeyRef)?.name);
    }
  }
  for (const { configMap, secret, projected } of spec.volumes ?? []) {
    names.add(isConfigMap ? configMap?.name : secret?.secretName);
    for (const source of projected?.sources ?? []) names.add((isConfigMap ? source.configMap : source.secret)?.name);
  }
  const found = new Set<string>();
  for (const name of names) if (name !== undefined) found.add(name);
  return found;
}
