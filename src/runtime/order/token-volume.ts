import { createHash } from "node:crypto";
import type { TokenRequest } from "./input.ts";
import type { Container, Pod, Volume } from "../../model/index.ts";
import type { OrderInput } from "./input.ts";

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The pod with the volume Kubernetes adds to every pod: token, CA and namespace of its service account. */
export function withTokenVolume({ pod, namespaceObjects }: OrderInput): Pod {
  const { spec } = pod;
  const wanted = spec.automountServiceAccountToken ?? namespaceObjects.serviceAccount?.automountServiceAccountToken;
  const mountsItself = (container: Container) => container.volumeMounts?.some((mount) => mount.mountPath === mountPath);
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  if (wanted === false || containers.every(mountsItself)) return pod;

  const name = `kube-api-access-${suffixOf(pod.metadata.uid ?? "")}`;
  const mounted = <C extends Container>(container: C): C =>
    mountsItself(container)
      ? container
      : { ...container, volumeMounts: [...(container.volumeMounts ?? []), { name, mountPath, readOnly: true }] };
  return {
    ...pod,
    spec: {
      ...spec,
      volumes: [...(spec.volumes ?? []), tokenVolume(name)],
      containers: spec.containers.map(mounted),
      ...(spec.initContainers && { initContainers: spec.initContainers.map(mounted) }),
    },
  };
}

/** Kubernetes takes `ca.crt` from the ConfigMap kube-root-ca.crt; the trust bundle saves having one in each namespace. */
function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
        { clusterTrustBundle: { path: "ca.crt" } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
      ],
    },
  };
}

/** What to ask for so that a token is the pod's own. */
export function tokenRequest(
  { pod, namespaceObjects }: OrderInput,
  { audience, lifetime = 3600 }: { audience?: string | undefined; lifetime?: number | undefined },
): TokenRequest {
  const { namespace = "default", name = "", uid = "" } = pod.metadata;
  return {
    namespace,
    serviceAccount: pod.spec.serviceAccountName ?? "default",
    serviceAccountUid: namespaceObjects.serviceAccount?.metadata.uid ?? "",
    ...(audience !== undefined && audience !== "" && { audiences: [audience] }),
    lifetime,
    pod: { name, uid },
  };
}

/** Five letters as Kubernetes chooses them, but the same whenever the pod's order is made again. */
function suffixOf(uid: string): string {
  const letters = "bcdfghjklmnpqrstvwxz2456789";
  const bytes = createHash("sha256").update(uid).digest().subarray(0, 5);
  return Array.from(bytes, (byte) => letters[byte % letters.length]).join("");
}
