import type { KubeObject } from "../model/index.ts";
import type { Protocol } from "./protocol.ts";
import type { Visibility } from "./visibility.ts";
import type { Workload } from "./workload.ts";

/**
 * How a service's connections find an endpoint: `vip` one address in front of known endpoints, `headless` the address
 * the caller chose, `static` known addresses outside the registry, `dns` names to be resolved (`dns-first`: only the
 * first answer), `none` the original destination.
 */
export type Resolution = "vip" | "headless" | "static" | "dns" | "dns-first" | "none";

/** One entry of the registry: a Kubernetes Service, or one host of a ServiceEntry. */
export interface MeshService {
  /** The name in full, the key of the registry; may be a wildcard for a ServiceEntry. */
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
  readonly registry: "Kubernetes" | "External";
  readonly resolution: Resolution;
  /** Addresses it is reached at (also CIDRs of a ServiceEntry); empty for headless services. */
  readonly addresses: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly visibility: Visibility;
  /** Outside the mesh. */
  readonly external: boolean;
  readonly created: string;
  /** The object it comes from. */
  readonly source: KubeObject;
}

export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  /** An address, or a name to be resolved. */
  readonly address: string;
  readonly port: number;
  /** Gets traffic. One that is not ready still tells what its workload listens on. */
  readonly ready: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly workload: Workload | undefined;
  /** The pod's own name within a headless service. */
  readonly hostname: string | undefined;
  readonly weight: number;
  /** `region/zone/sub-zone`, or empty. */
  readonly locality: string;
}

/** Orders objects of one kind by age; the same age by name, then namespace. */
export function olderFirst(one: KubeObject, other: KubeObject): number {
  return (
    compare(one.metadata.creationTimestamp ?? "", other.metadata.creationTimestamp ?? "") ||
    compare(one.metadata.name ?? "", other.metadata.name ?? "") ||
    compare(one.metadata.namespace ?? "", other.metadata.namespace ?? "")
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
