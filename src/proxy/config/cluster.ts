// `pick` is on the path of every request.
import type { Chance, Clock } from "../../base/index.ts";
import type { Cluster as ClusterMessage, ClusterLoadAssignment, HttpProtocolOptions } from "../../xds/index.ts";
import { balancer, type Balancer, type BalancerName } from "./balancer.ts";
import type { SocketAddress } from "../contract.ts";
import type { Cluster, DestinationService, Endpoint, PickRequest } from "./contract.ts";
import { milliseconds } from "./duration.ts";
import { defaultHttp2, sessionOptions } from "./http2.ts";
import { endpointKey, LiveEndpoint, wantedEndpoints, type WantedEndpoint } from "./endpoint.ts";
import { Resolution, type ResolveName } from "./resolution.ts";
import { TransportSockets } from "./transport-sockets.ts";
import { destinationService } from "./workload-labels.ts";
import type { ClientTls } from "../tls/client-tls.ts";
import type { Material } from "../tls/material.ts";

export interface ClusterSurroundings {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly resolve: ResolveName;
  /** Who answers at an original destination, when it is a service's address. */
  readonly behind?: (destination: SocketAddress) => SocketAddress | undefined;
  /** Where certificates and keys come from. */
  readonly material: Material;
}

/** Envoy's thresholds when none are given. */
const defaults = { connections: 1024, pending: 1024, requests: 1024, retries: 3 } as const;
/** Original destinations remembered in one cluster. */
const keptDestinations = 1024;
const families = { AUTO: 4, V4_ONLY: 4, V4_PREFERRED: 4, V6_ONLY: 6, ALL: 0 } as const;

/** A cluster in force: the same object, with the same endpoints and counts, through every update of its configuration. */
export class LiveCluster implements Cluster {
  readonly name: string;
  readonly load = { requests: 0, pending: 0, connections: 0, retries: 0 };
  connectTimeout = 5000;
  keepAlive: number | undefined = undefined;
  maxRequestsPerConnection = 0;
  idleTimeout = 3_600_000;
  protocol: Cluster["protocol"] = "http1";
  http2 = defaultHttp2;
  serverNames: Cluster["serverNames"] = { fromRequest: false, checked: false };
  limits: Cluster["limits"] = defaults;
  destination: DestinationService;
  message: ClusterMessage;
  readonly #surroundings: ClusterSurroundings;
  readonly #endpoints = new Map<string, LiveEndpoint>();
  /** What `pick` chooses from: healthy endpoints of the best priority that has any. */
  #usable: readonly LiveEndpoint[] = [];
  readonly #sockets: TransportSockets;
  #balance: Balancer = () => undefined;
  #policy: BalancerName | undefined;
  #resolution: Resolution | undefined;
  #assignment: ClusterLoadAssignment | undefined;

  constructor(message: ClusterMessage, surroundings: ClusterSurroundings) {
    this.name = message.name;
    this.#surroundings = surroundings;
    this.#sockets = new TransportSockets(surroundings.material);
    this.message = message;
    this.destination = destinationService(message);
    this.configure(message);
  }

  /** The name its endpoints are published under; undefined when it brings them itself. */
  get endpointsName(): string | undefined {
    if (this.message.type !== "EDS") return undefined;
    return this.message.eds_cluster_config?.service_name || this.name;
  }

  /** Endpoints named by configuration now, for the admin pages. */
  get endpoints(): readonly LiveEndpoint[] {
    return [...this.#endpoints.values()];
  }

  configure(message: ClusterMessage): void {
    // First what may throw: a cluster that is refused stays as it was.
    const socketsChanged = this.#sockets.configure(message);
    const kindChanged = (this.message.type ?? "STATIC") !== (message.type ?? "STATIC");
    this.message = message;
    this.destination = destinationService(message);
    this.connectTimeout = milliseconds(message.connect_timeout, 5000);
    this.limits = limitsOf(message);
    this.keepAlive = keepAliveOf(message);
    const pool = poolOptions(message);
    this.protocol = pool.protocol;
    this.http2 = pool.http2;
    this.serverNames = pool.serverNames;
    this.idleTimeout = pool.idleTimeout;
    this.maxRequestsPerConnection = pool.maxRequestsPerConnection;
    const policy = policyOf(message);
    if (policy !== this.#policy) this.#balance = balancer(policy);
    this.#policy = policy;
    if (kindChanged) this.close();
    else if (socketsChanged) this.#renewEndpoints();
    if (message.type === "STRICT_DNS" || message.type === "LOGICAL_DNS") this.#resolveNames(message);
    else if (message.type !== "EDS" && message.type !== "ORIGINAL_DST") {
      this.#set(wantedEndpoints(message.load_assignment));
    }
  }

  /** New endpoints of an EDS cluster. */
  assign(assignment: ClusterLoadAssignment | undefined): void {
    if (assignment === this.#assignment && assignment !== undefined) return;
    this.#assignment = assignment;
    this.#set(wantedEndpoints(assignment));
  }

  /** Configuration dropped it: its endpoints are gone. Requests that were led here before may still try them. */
  close(): void {
    this.#resolution?.close();
    this.#resolution = undefined;
    this.#assignment = undefined;
    for (const endpoint of this.#endpoints.values()) endpoint.gone = true;
    this.#endpoints.clear();
  }

  pick(request: PickRequest): Endpoint | undefined {
    if (this.message.type === "ORIGINAL_DST") return this.#original(request.originalDestination);
    let usable = this.#usable;
    if (usable.length === 0) return undefined;
    if (request.avoid.length > 0) {
      const untried = usable.filter((endpoint) => !request.avoid.includes(endpoint));
      if (untried.length > 0) usable = untried;
    }
    return this.#balance(usable, request);
  }

  tls(endpoint: Endpoint): ClientTls | undefined {
    return this.#sockets.of(endpoint instanceof LiveEndpoint ? endpoint.transport : {}).tls;
  }

  proxied(endpoint: Endpoint): 1 | 2 | undefined {
    return this.#sockets.of(endpoint instanceof LiveEndpoint ? endpoint.transport : {}).proxied;
  }

  #original(destination: PickRequest["originalDestination"]): Endpoint | undefined {
    if (!destination) return undefined;
    const { address, port } = this.#surroundings.behind?.(destination) ?? destination;
    const key = endpointKey(address, port);
    const known = this.#endpoints.get(key);
    if (known) return known;
    if (this.#endpoints.size >= keptDestinations) this.#dropIdle();
    const endpoint = new LiveEndpoint(address, port);
    this.#endpoints.set(key, endpoint);
    return endpoint;
  }

  /** Connections made under other rules carry no new requests. */
  #renewEndpoints(): void {
    const renewed = new Map<LiveEndpoint, LiveEndpoint>();
    for (const [key, endpoint] of this.#endpoints) {
      const successor = endpoint.successor();
      renewed.set(endpoint, successor);
      this.#endpoints.set(key, successor);
    }
    this.#usable = this.#usable.map((endpoint) => renewed.get(endpoint) ?? endpoint);
  }

  /** The endpoint of an address; another one than before where it is reached in another way. */
  #endpoint({ address, port, transport }: WantedEndpoint): LiveEndpoint {
    const known = this.#endpoints.get(endpointKey(address, port));
    if (!known) return new LiveEndpoint(address, port);
    return this.#sockets.of(known.transport) === this.#sockets.of(transport) ? known : known.successor();
  }

  #dropIdle(): void {
    for (const [key, endpoint] of this.#endpoints) {
      if (endpoint.active > 0) continue;
      endpoint.gone = true;
      this.#endpoints.delete(key);
      return;
    }
  }

  #resolveNames(message: ClusterMessage): void {
    const assignment = message.load_assignment;
    const update = () => {
      const addressesOf = (host: string): readonly string[] => {
        const addresses = resolution.addresses(host);
        return message.type === "LOGICAL_DNS" ? addresses.slice(0, 1) : addresses;
      };
      this.#set(wantedEndpoints(assignment, addressesOf));
    };
    this.#resolution?.close();
    const resolution = new Resolution({
      ...this.#surroundings,
      family: families[message.dns_lookup_family ?? "AUTO"],
      refresh: milliseconds(message.dns_refresh_rate, 5000),
      retry: {
        base: milliseconds(message.dns_failure_refresh_rate?.base_interval, 500),
        max: milliseconds(message.dns_failure_refresh_rate?.max_interval, 30_000),
      },
      changed: update,
    });
    this.#resolution = resolution;
    const hosts = (assignment?.endpoints ?? []).flatMap(({ lb_endpoints }) =>
      lb_endpoints.map(({ endpoint }) => endpoint.address.socket_address.address),
    );
    resolution.want(hosts);
    // Until a name answers, what the cluster had serves on; addresses are there at once.
    if (hosts.every((host) => resolution.addresses(host).length > 0)) update();
  }

  #set(wanted: readonly WantedEndpoint[]): void {
    const kept = new Set<string>();
    const byPriority = new Map<number, LiveEndpoint[]>();
    for (const entry of wanted) {
      const key = endpointKey(entry.address, entry.port);
      if (kept.has(key)) continue;
      kept.add(key);
      const endpoint = this.#endpoint(entry);
      this.#endpoints.set(key, endpoint);
      endpoint.hostname = entry.hostname;
      endpoint.healthy = entry.healthy;
      endpoint.weight = entry.weight;
      endpoint.transport = entry.transport;
      endpoint.workload = sameLabels(endpoint.workload, entry.workload) ? endpoint.workload : entry.workload;
      if (!entry.healthy || entry.weight <= 0) continue;
      const group = byPriority.get(entry.priority);
      if (group) group.push(endpoint);
      else byPriority.set(entry.priority, [endpoint]);
    }
    const best = Math.min(...byPriority.keys());
    this.#usable = byPriority.get(best) ?? [];
    for (const [key, endpoint] of this.#endpoints) {
      if (kept.has(key)) continue;
      endpoint.gone = true;
      this.#endpoints.delete(key);
    }
  }
}

function sameLabels(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function policyOf(message: ClusterMessage): BalancerName {
  const policy = message.lb_policy ?? "ROUND_ROBIN";
  return policy === "CLUSTER_PROVIDED" ? "RANDOM" : policy;
}

function limitsOf(message: ClusterMessage): Cluster["limits"] {
  const given = message.circuit_breakers?.thresholds[0];
  return {
    connections: given?.max_connections ?? defaults.connections,
    pending: given?.max_pending_requests ?? defaults.pending,
    requests: given?.max_requests ?? defaults.requests,
    retries: given?.max_retries ?? defaults.retries,
  };
}

const httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** What is spoken, idle timeout and requests per connection stand in the upstream's HTTP options. */
function poolOptions(
  message: ClusterMessage,
): Pick<Cluster, "protocol" | "http2" | "idleTimeout" | "maxRequestsPerConnection" | "serverNames"> {
  const options = httpOptionsOf(message);
  const given = options?.common_http_protocol_options;
  const versions = options?.explicit_http_config ?? options?.use_downstream_protocol_config ?? options?.auto_config;
  return {
    protocol: protocolOf(options),
    http2: sessionOptions(versions?.http2_protocol_options),
    idleTimeout: milliseconds(given?.idle_timeout, 3_600_000),
    maxRequestsPerConnection: given?.max_requests_per_connection ?? 0,
    serverNames: {
      fromRequest: options?.upstream_http_protocol_options?.auto_sni ?? false,
      checked: options?.upstream_http_protocol_options?.auto_san_validation ?? false,
    },
  };
}

/** In whichever of its two places it is written. */
function httpOptionsOf(message: ClusterMessage): HttpProtocolOptions | undefined {
  const typed = message.typed_extension_protocol_options?.[httpOptions] as HttpProtocolOptions | undefined;
  if (typed) return typed;
  const { common_http_protocol_options: common, http2_protocol_options: http2 } = message;
  const most = common?.max_requests_per_connection ?? message.max_requests_per_connection;
  return {
    common_http_protocol_options: { ...common, ...(most === undefined ? {} : { max_requests_per_connection: most }) },
    explicit_http_config: http2 ? { http2_protocol_options: http2 } : { http_protocol_options: {} },
  };
}

/** `tcp_keepalive` without a time: after two hours, as systems have it. */
function keepAliveOf({ upstream_connection_options: options }: ClusterMessage): number | undefined {
  return options?.tcp_keepalive && (options.tcp_keepalive.keepalive_time ?? 7200) * 1000;
}

function protocolOf(options: HttpProtocolOptions | undefined): Cluster["protocol"] {
  if (options?.use_downstream_protocol_config) return "downstream";
  if (options?.auto_config) return "auto";
  return options?.explicit_http_config?.http2_protocol_options ? "http2" : "http1";
}
