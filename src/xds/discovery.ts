import type { Cluster, ClusterLoadAssignment, Listener, RouteConfiguration } from "./envoy.ts";
import type { NameTable } from "./name-table.ts";

/** Who asks: `sidecar~10.244.0.7~reviews-v1-abc.default~default.svc.cluster.local`, or `router~…` for a gateway. */
export interface Node {
  readonly id: string;
  /** `<app>.<namespace>`. */
  readonly cluster: string;
  readonly metadata: NodeMetadata;
}

/** Istio's node metadata, as far as it is used: who the workload is. */
interface NodeMetadata {
  readonly NAME: string;
  readonly NAMESPACE: string;
  readonly WORKLOAD_NAME: string;
  readonly SERVICE_ACCOUNT: string;
  readonly CLUSTER_ID: string;
  readonly MESH_ID: string;
  readonly LABELS: Readonly<Record<string, string>>;
  /** The workload's address, as other workloads know it. */
  readonly INSTANCE_IPS: string;
  readonly ISTIO_VERSION?: string;
  /** False for a pod that asked not to be in the mesh: its connections are carried, not interpreted. */
  readonly MESHED: boolean;
}

export const typeUrls = {
  listener: "type.googleapis.com/envoy.config.listener.v3.Listener",
  route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  endpoint: "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
  names: "type.googleapis.com/istio.networking.nds.v1.NameTable",
} as const;

export type ResourceKind = keyof typeof typeUrls;

export interface ResourceTypes {
  listener: Listener;
  route: RouteConfiguration;
  cluster: Cluster;
  endpoint: ClusterLoadAssignment;
  names: NameTable;
}

/** Everything one node gets: per kind, resources by name. Maps and resources are never changed once made. */
export type ResourceSet = { readonly [K in ResourceKind]: ReadonlyMap<string, ResourceTypes[K]> };

/** Delta discovery (xDS v3 `DeltaDiscoveryRequest`), one conversation per node. */
export interface DeltaRequest {
  /** First request of a conversation only. */
  readonly node?: Node;
  readonly type_url: string;
  /** `*` subscribes to all the server has for this node; Weft's own proxy does so for every type. */
  readonly resource_names_subscribe?: readonly string[];
  readonly resource_names_unsubscribe?: readonly string[];
  /** After a reconnect: what the client still holds (name → version). */
  readonly initial_resource_versions?: Readonly<Record<string, string>>;
  readonly response_nonce?: string;
  /** A NACK: the response with this nonce was refused, and why. */
  readonly error_detail?: { readonly code: number; readonly message: string };
}

export interface DeltaResource {
  readonly name: string;
  readonly version: string;
  readonly resource: unknown;
}

/** `DeltaDiscoveryResponse`. */
export interface DeltaResponse {
  readonly type_url: string;
  readonly nonce: string;
  readonly system_version_info: string;
  readonly resources: readonly DeltaResource[];
  readonly removed_resources: readonly string[];
}
