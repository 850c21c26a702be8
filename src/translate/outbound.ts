import {
  layerOf,
  meshRoutings,
  routingFor,
  visibleServices,
  type Mesh,
  type MeshService,
  type ServicePort,
} from "../mesh/index.ts";
import type { FilterChain, Listener, RouteConfiguration, TypedFilter } from "../xds/index.ts";
import { blackHoleCluster, outboundCluster, passthroughCluster } from "./cluster-name.ts";
import { detectingChains, detection, httpFilter, tcpFilter, tlsInspector } from "./connection.ts";
import type { RouteScope } from "./http-route.ts";
import { tcpTarget, tlsChains } from "./tcp-route.ts";
import { portRoutes, serviceRoutes } from "./virtual-host.ts";

export interface Outbound {
  readonly listeners: readonly Listener[];
  readonly routes: readonly RouteConfiguration[];
}

/** What a workload's own connections meet. Without `interpret` (not in the mesh) they are carried as bytes. */
export function outbound(
  mesh: Mesh,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  interpret: boolean,
): Outbound {
  const listeners = new Map<string, Listener>();
  const routes = new Map<string, RouteConfiguration>();
  const add = (listener: Listener) => {
    // Two services cannot be told apart by the same address and port: the first keeps it.
    if (!listeners.has(listener.name)) listeners.set(listener.name, listener);
  };
  for (const service of visibleServices(mesh, namespace)) {
    for (const port of service.ports) {
      const layer = layerOf(port.protocol);
      if (layer === "none") continue;
      const scope: RouteScope = { mesh, namespace, port: port.port, gateways: ["mesh"], labels };
      if (interpret && layer === "http") {
        if (!routes.has(String(port.port))) routes.set(String(port.port), portRoutes(scope));
        add(sharedListener(scope));
        continue;
      }
      const detects = interpret && layer === "auto";
      if (detects) {
        const table = serviceRoutes(service, port, scope);
        routes.set(table.name, table);
      }
      for (const address of listenAddresses(service, port))
        add(ownListener(service, port, address, detects, interpret, scope));
    }
  }
  add(everythingElse(mesh));
  return { listeners: [...listeners.values()], routes: [...routes.values()] };
}

/** Where bytes for a service arrive: its addresses, a headless service's pods, or anywhere on that port. */
function listenAddresses(service: MeshService, port: ServicePort): readonly string[] {
  if (service.addresses.length > 0) return service.addresses.filter((address) => !address.includes("/"));
  if (service.resolution === "headless") {
    return port.endpoints.filter((endpoint) => endpoint.port === port.port).map((endpoint) => endpoint.address);
  }
  return ["0.0.0.0"];
}

function sharedListener(scope: RouteScope): Listener {
  const port = String(scope.port);
  return listener("0.0.0.0", scope.port, [
    { filters: [httpFilter(scope.mesh.settings, "sidecar", `outbound_0.0.0.0_${port}`, port)] },
  ]);
}

function ownListener(
  service: MeshService,
  port: ServicePort,
  address: string,
  detects: boolean,
  interpret: boolean,
  scope: RouteScope,
): Listener {
  const { settings } = scope.mesh;
  const routing = interpret ? routingFor(meshRoutings(scope.mesh.routings, scope.namespace), service.host) : undefined;
  const target = tcpTarget(routing, scope) ?? outboundCluster(service.host, port.port);
  const tcp = tcpFilter(settings, target);
  const sni = tlsChains(routing, scope);
  if (detects) {
    const http = httpFilter(settings, "sidecar", `outbound_${address}_${port.port}`, `${service.host}:${port.port}`);
    return { ...listener(address, port.port, [...sni, ...detectingChains(http, tcp)], tcp), ...detection };
  }
  if (sni.length > 0) {
    return {
      ...listener(address, port.port, sni, tcp),
      ...detection,
      listener_filters: [tlsInspector],
    };
  }
  return listener(address, port.port, [{ filters: [tcp] }]);
}

function listener(address: string, port: number, chains: readonly FilterChain[], otherwise?: TypedFilter): Listener {
  return {
    name: `${address}_${port}`,
    address: { socket_address: { address, port_value: port } },
    traffic_direction: "OUTBOUND",
    bind_to_port: false,
    filter_chains: chains,
    ...(otherwise === undefined ? {} : { default_filter_chain: { filters: [otherwise] } }),
  };
}

/** The listener that takes every connection and keeps those no other listener wants. */
function everythingElse({ settings }: Mesh): Listener {
  const open = settings.outboundTrafficPolicy === "ALLOW_ANY";
  return {
    name: "virtualOutbound",
    address: { socket_address: { address: "0.0.0.0", port_value: 15001 } },
    traffic_direction: "OUTBOUND",
    use_original_dst: true,
    filter_chains: [
      {
        name: "virtualOutbound-blackhole",
        // A connection to the capture port itself would come round for ever.
        filter_chain_match: { destination_port: 15001 },
        filters: [tcpFilter(settings, blackHoleCluster)],
      },
      {
        name: "virtualOutbound-catchall-tcp",
        filters: [tcpFilter(settings, open ? passthroughCluster : blackHoleCluster)],
      },
    ],
  };
}
