import {
  carriesTls,
  destinationRule,
  effectivePolicy,
  layerOf,
  meshRoutings,
  routingFor,
  visibleServices,
  type Mesh,
  type MeshService,
  type MeshSettings,
  type Routing,
  type ServicePort,
} from "../mesh/index.ts";
import type { FilterChain, Listener, RouteConfiguration, TypedFilter } from "../xds/index.ts";
import { blackHoleCluster, outboundCluster, passthroughCluster } from "./cluster-name.ts";
import { detectingChains, detection, httpFilter, tcpFilters, tlsInspector } from "./connection.ts";
import type { RouteScope } from "./destination.ts";
import { nameChain, tcpRoutes, tlsChains } from "./tcp-route.ts";
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
  const named = new NamedListeners(mesh);
  const add = (listener: Listener) => {
    // Two services cannot be told apart by the same address and port: the first keeps it.
    if (!listeners.has(listener.name)) listeners.set(listener.name, listener);
  };
  const services = visibleServices(mesh, namespace);
  for (const service of services) {
    for (const port of service.ports) {
      const layer = layerOf(port.protocol);
      if (layer === "none") continue;
      const scope: RouteScope = { mesh, namespace, port: port.port, gateways: ["mesh"], labels };
      if (interpret && layer === "http") {
        if (!routes.has(String(port.port))) routes.set(String(port.port), portRoutes(scope));
        add(sharedListener(scope, services));
        continue;
      }
      const detects = interpret && layer === "auto";
      if (detects) {
        const table = serviceRoutes(service, port, scope);
        routes.set(table.name, table);
      }
      for (const address of listenAddresses(service, port)) {
        if (interpret && address === anyAddress && carriesTls(port.protocol))
          named.take(service, port, scope, listeners);
        else add(ownListener(service, port, address, detects, interpret, scope));
      }
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
  return [anyAddress];
}

const anyAddress = "0.0.0.0";

/** Ports on which services without an address of their own are told apart by the server name that TLS asks for. */
class NamedListeners {
  readonly #mesh: Mesh;
  readonly #ports = new Map<number, { readonly chains: FilterChain[]; readonly names: Set<string> }>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  /** Adds a service to its port's listener; another kind of listener that was there before keeps the port. */
  take(service: MeshService, port: ServicePort, scope: RouteScope, listeners: Map<string, Listener>): void {
    const name = `${anyAddress}_${port.port}`;
    const known = this.#ports.get(port.port) ?? { chains: [], names: new Set<string>() };
    if (listeners.has(name) && !this.#ports.has(port.port)) return;
    this.#ports.set(port.port, known);
    const ruled = tlsChains(routingOf(service, scope), scope, known.names);
    known.chains.push(...ruled);
    if (ruled.length === 0 && !known.names.has(service.host)) {
      known.names.add(service.host);
      known.chains.push(nameChain([service.host], ownFilters(service, port, scope)));
    }
    listeners.set(name, byServerName(anyAddress, port.port, [...known.chains], elsewhere(this.#mesh.settings)));
  }
}

function routingOf(service: MeshService, scope: RouteScope): Routing | undefined {
  return routingFor(meshRoutings(scope.mesh.routings, scope.namespace), service.host);
}

function sharedListener(scope: RouteScope, services: readonly MeshService[]): Listener {
  const port = String(scope.port);
  // One listener for all services of the port: it understands what any of them needs.
  const web = services.some(({ ports }) =>
    ports.some((each) => each.port === scope.port && each.protocol === "grpc-web"),
  );
  return listener("0.0.0.0", scope.port, [
    { filters: [httpFilter(scope.mesh.settings, "sidecar", `outbound_0.0.0.0_${port}`, port, web)] },
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
  const routing = interpret ? routingOf(service, scope) : undefined;
  const own = interpret
    ? ownFilters(service, port, scope)
    : tcpFilters(settings, "tcp", outboundCluster(service.host, port.port));
  if (carriesTls(port.protocol)) {
    const named = tlsChains(routing, scope);
    // A name that no rule speaks of goes to the service, as a request without a rule does.
    const closed = named.length > 0 && settings.outboundTrafficPolicy === "REGISTRY_ONLY";
    return byServerName(address, port.port, named, closed ? elsewhere(settings) : own);
  }
  const { chains, rest = own } = tcpRoutes(routing, scope, port.protocol);
  if (detects) {
    const table = `${service.host}:${port.port}`;
    const http = httpFilter(settings, "sidecar", `outbound_${address}_${port.port}`, table, false);
    const all = [...tlsChains(routing, scope), ...chains, ...detectingChains(http, rest)];
    return { ...listener(address, port.port, all, rest), ...detection };
  }
  if (chains.length > 0) return listener(address, port.port, chains, rest);
  return listener(address, port.port, [{ filters: rest }]);
}

/** The filters that lead to a service where no rule speaks of it. */
function ownFilters(service: MeshService, port: ServicePort, { mesh, namespace }: RouteScope): readonly TypedFilter[] {
  const policy = effectivePolicy(destinationRule(mesh, service, namespace), port.port, undefined);
  return tcpFilters(mesh.settings, port.protocol, outboundCluster(service.host, port.port), policy);
}

/** Chains by server name, and the rest. The client speaks first here: its first message is waited for. */
function byServerName(
  address: string,
  port: number,
  chains: readonly FilterChain[],
  rest: readonly TypedFilter[],
): Listener {
  if (chains.length === 0) return listener(address, port, [{ filters: rest }]);
  return {
    ...listener(address, port, chains, rest),
    listener_filters: [tlsInspector],
    continue_on_listener_filters_timeout: true,
  };
}

/** Bytes for whom the mesh does not know. */
function elsewhere(settings: MeshSettings): readonly TypedFilter[] {
  return tcpFilters(
    settings,
    "tcp",
    settings.outboundTrafficPolicy === "ALLOW_ANY" ? passthroughCluster : blackHoleCluster,
  );
}

function listener(
  address: string,
  port: number,
  chains: readonly FilterChain[],
  otherwise?: readonly TypedFilter[],
): Listener {
  return {
    name: `${address}_${port}`,
    address: { socket_address: { address, port_value: port } },
    traffic_direction: "OUTBOUND",
    bind_to_port: false,
    filter_chains: chains,
    ...(otherwise === undefined ? {} : { default_filter_chain: { filters: otherwise } }),
  };
}

/** The listener that takes every connection and keeps those no other listener wants. */
function everythingElse({ settings }: Mesh): Listener {
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
        filters: tcpFilters(settings, "tcp", blackHoleCluster),
      },
      {
        name: "virtualOutbound-catchall-tcp",
        filters: elsewhere(settings),
      },
    ],
  };
}
