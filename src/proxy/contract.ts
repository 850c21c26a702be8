import type { Node } from "../xds/index.ts";

/** A workload this proxy process serves: its identity, and where its sockets are. */
export interface HostedWorkload {
  readonly node: Node;
  /** As the mesh knows it (10.244.x.y); absent for a gateway. */
  readonly address?: string;
  /** The address its connections come from and where its programs are reached (10.245.x.y in netns, = address in loopback). */
  readonly realAddress?: string;
}

/** How connections of workloads reach the proxy. */
export type Capture =
  /** One 0.0.0.0 listener per port; remoteAddress = realAddress tells the caller, localAddress is the original destination. */
  | { readonly kind: "netns"; readonly inboundCidrs: readonly string[] }
  /** One listener per (caller, destination): the local address tells both. */
  | { readonly kind: "loopback"; readonly addresses: readonly LoopbackAddress[] }
  /** Gateways and static configurations only. */
  | { readonly kind: "none" };

export interface LoopbackAddress {
  readonly local: string;
  readonly port: number;
  readonly caller: string;
  readonly destination: string;
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** `address:port` of each service of the cluster → those of its ready workloads. */
export type ServiceAddresses = Readonly<Record<string, readonly SocketAddress[]>>;

/** Messages from the control plane's process to the proxy process, over Node's IPC. */
export type ToProxy =
  | { readonly kind: "workloads"; readonly workloads: readonly HostedWorkload[]; readonly capture: Capture }
  | { readonly kind: "services"; readonly services: ServiceAddresses }
  /** Comes with a listening socket made outside: a gateway port (`node` set), or the admin / metrics page. */
  | {
      readonly kind: "listen";
      readonly purpose: "gateway" | "admin" | "metrics";
      readonly node?: string;
      readonly port: number;
    }
  | { readonly kind: "xds"; readonly node: string; readonly message: unknown }
  /** Comes with a socket connected outside, or `error`. */
  | { readonly kind: "connected"; readonly id: number; readonly error?: string }
  | { readonly kind: "resolved"; readonly id: number; readonly addresses: readonly string[]; readonly error?: string }
  | { readonly kind: "drain"; readonly seconds: number };

/** Messages back. */
export type FromProxy =
  | { readonly kind: "ready" }
  /** These workloads' connections and questions are answered by their own rules from now on. */
  | { readonly kind: "serves"; readonly nodes: readonly string[] }
  | { readonly kind: "xds"; readonly node: string; readonly message: unknown }
  /** Please connect outside the node's namespace and send the socket. */
  | {
      readonly kind: "connect";
      readonly id: number;
      readonly host: string;
      readonly port: number;
      readonly timeout: number;
    }
  /** Please resolve a name the mesh does not know (family 0 = both). */
  | { readonly kind: "resolve"; readonly id: number; readonly name: string; readonly family: 0 | 4 | 6 }
  /** A configured port could not be bound, a resource was refused, …: a sentence for `weft status`. */
  | { readonly kind: "trouble"; readonly code: string; readonly message: string; readonly node?: string };
