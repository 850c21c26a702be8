import type { GatewayWorkload, MeshSettings, Workload } from "../mesh/index.ts";
import type { Node } from "../xds/index.ts";

/** Who a pod's proxy says it is. */
export function nodeOf(workload: Workload, settings: MeshSettings): Node {
  const { name, namespace, address } = workload;
  return {
    id: `sidecar~${address}~${name}.${namespace}~${namespace}.svc.cluster.local`,
    cluster: `${workload.canonicalName}.${namespace}`,
    metadata: {
      NAME: name,
      NAMESPACE: namespace,
      WORKLOAD_NAME: workload.workloadName,
      SERVICE_ACCOUNT: workload.serviceAccount,
      CLUSTER_ID: settings.clusterId,
      MESH_ID: settings.meshId,
      LABELS: workload.labels,
      INSTANCE_IPS: address,
      MESHED: workload.meshed,
    },
  };
}

/** Who a gateway proxy says it is. */
export function gatewayNodeOf(gateway: GatewayWorkload, settings: MeshSettings): Node {
  const { name, namespace, address } = gateway;
  return {
    id: `router~${address}~${name}.${namespace}~${namespace}.svc.cluster.local`,
    cluster: `${name}.${namespace}`,
    metadata: {
      NAME: name,
      NAMESPACE: namespace,
      WORKLOAD_NAME: name,
      SERVICE_ACCOUNT: gateway.serviceAccount,
      CLUSTER_ID: settings.clusterId,
      MESH_ID: settings.meshId,
      LABELS: gateway.labels,
      INSTANCE_IPS: address,
      MESHED: true,
    },
  };
}
