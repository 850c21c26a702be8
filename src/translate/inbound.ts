import {
  carriesGrpc,
  destinationRule,
  effectivePolicy,
  layerOf,
  servicesOf,
  type Mesh,
  type MeshService,
  type ServicePort,
  type Workload,
} from "../mesh/index.ts";
import type { Cluster, FilterChain, Listener, RouteConfiguration } from "../xds/index.ts";
import { inboundCluster, inboundPassthroughCluster } from "./cluster-name.ts";
import { inboundPassthrough, originalDestination } from "./cluster.ts";
import { detectingChains, detection, httpFilter, tcpFilters } from "./connection.ts";
import { inboundRetry } from "./retry.ts";
import { protocolOptions } from "./upstream-protocol.ts";

/** What connections to a workload meet: a chain for each port some service leads to, the rest is carried. */
export function inbound(mesh: Mesh, workload: Workload): { listener: Listener; clusters: readonly Cluster[] } {
  const ports = new Map<number, Reached>();
  for (const service of servicesOf(mesh, workload)) {
    for (const port of service.ports) {
      if (layerOf(port.protocol) === "none") continue;
      for (const endpoint of port.endpoints) {
        // Several services may lead to one port; the oldest says what it speaks.
        if (endpoint.workload?.address !== workload.address || ports.has(endpoint.port)) continue;
        ports.set(endpoint.port, { service, servicePort: port });
      }
    }
  }
  const sorted = [...ports].toSorted(([one], [other]) => one - other);
  const chains = sorted.flatMap(([port, { service, servicePort }]): readonly FilterChain[] => {
    const layer = layerOf(servicePort.protocol);
    const tcp = tcpFilters(mesh.settings, servicePort.protocol, inboundCluster(port));
    if (layer === "tcp")
      return [{ name: `0.0.0.0_${port}`, filter_chain_match: { destination_port: port }, filters: tcp }];
    const table = routes(service, port, servicePort);
    const web = servicePort.protocol === "grpc-web";
    const http = httpFilter(mesh.settings, "inbound", `inbound_0.0.0.0_${port}`, table, web);
    if (layer === "http")
      return [{ name: `0.0.0.0_${port}`, filter_chain_match: { destination_port: port }, filters: [http] }];
    return detectingChains(http, tcp, port);
  });
  const detects = sorted.some(([, { servicePort }]) => servicePort.protocol === "auto");
  return {
    listener: {
      name: "virtualInbound",
      address: { socket_address: { address: "0.0.0.0", port_value: 15006 } },
      traffic_direction: "INBOUND",
      use_original_dst: true,
      ...(detects ? detection : {}),
      filter_chains: chains,
      default_filter_chain: {
        name: "virtualInbound-catchall-tcp",
        filters: tcpFilters(mesh.settings, "tcp", inboundPassthroughCluster),
      },
    },
    clusters: [
      inboundPassthrough,
      ...sorted.map(([port, { service, servicePort }]): Cluster => ({
        ...originalDestination(inboundCluster(port)),
        ...protocolOptions(
          servicePort.protocol,
          effectivePolicy(destinationRule(mesh, service, workload.namespace), servicePort.port, undefined),
          mesh.settings,
          "inbound",
        ),
        metadata: {
          filter_metadata: {
            istio: { services: [{ host: service.host, name: service.name, namespace: service.namespace }] },
          },
        },
      })),
    ],
  };
}

/** Which of a service's ports leads to a port of the workload. */
interface Reached {
  readonly service: MeshService;
  readonly servicePort: ServicePort;
}

function routes(service: MeshService, port: number, servicePort: ServicePort): RouteConfiguration {
  return {
    name: inboundCluster(port),
    virtual_hosts: [
      {
        name: `inbound|http|${port}`,
        domains: ["*"],
        routes: [
          {
            name: "default",
            match: { prefix: "/" },
            route: {
              cluster: inboundCluster(port),
              timeout: "0s",
              max_grpc_timeout: "0s",
              // A call of gRPC that was begun may have been acted on.
              ...(carriesGrpc(servicePort.protocol) ? {} : { retry_policy: inboundRetry }),
            },
            decorator: { operation: `${service.host}:${servicePort.port}/*` },
          },
        ],
      },
    ],
    validate_clusters: false,
  };
}
