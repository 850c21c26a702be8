import type { MongoOperation, MongoTrait, SessionOptions } from "../../wire/index.ts";
import type { Node } from "../../xds/index.ts";
import type { ForwardedCertificate } from "./client-certificate.ts";
import type { ClientTls } from "../tls/client-tls.ts";
import type { TlsCounters } from "../tls/counters.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import type { ConnectionRules } from "./connection-rules.ts";
import type { EdgeRules } from "./edge-rules.ts";

/**
 * The seam inside the proxy: `config/` turns Envoy resources into these compiled, immutable things;
 * the data path only reads them. Everything a request needs is resolved when configuration arrives, not per request.
 */

/** One request's head, as routing sees it. */
export interface RequestHead {
  readonly method: string;
  /** Normalised, without query. */
  readonly path: string;
  /** Without `?`; empty when there is none. */
  readonly query: string;
  /** Host, as sent. */
  readonly authority: string;
  readonly scheme: "http" | "https";
  /** name, value, name, value … as received. */
  readonly headers: readonly string[];
}

/** The live configuration of one workload. `listener`, `cluster` look up what is in force now. */
export interface WorkloadConfig {
  readonly node: Node;
  /** False until every resource type arrived once. */
  readonly ready: boolean;
  /** The listener for a connection to `address:port`: exact address before 0.0.0.0, else the catch-all (virtualOutbound). */
  outbound(address: string, port: number): Listener | undefined;
  /** The inbound listener (virtualInbound) for a connection to this workload's own port; undefined: not in the mesh, carry bytes. */
  inbound(port: number): Listener | undefined;
  /** A gateway's listener on that port. */
  gateway(port: number): Listener | undefined;
  /** A listener of a static configuration. */
  listener(name: string): Listener | undefined;
  cluster(name: string): Cluster | undefined;
  /** Every port some listener of this workload answers on, outbound. */
  readonly outboundPorts: ReadonlySet<number>;
}

export interface Listener {
  readonly name: string;
  /** Its address as metrics name it: `0.0.0.0_443`. */
  readonly metricName: string;
  readonly direction: "inbound" | "outbound" | "gateway";
  /** It stands before a workload, on a socket of its own or not. */
  readonly inbound: boolean;
  /** Chains in order of fit for this destination; the data path asks for one once it knows the protocol. */
  chain(facts: ConnectionFacts): Chain | undefined;
  /** What is read of a connection before a chain can be chosen; undefined: nothing. */
  readonly detect: FirstBytesRules | undefined;
}

export interface FirstBytesRules {
  /** Milliseconds, for all of it; 0 = no limit. */
  readonly timeout: number;
  /** What is unknown when the time is over: true, the connection goes on without it; false, it is closed. */
  readonly continues: boolean;
  /** Whether the protocol is looked for. */
  readonly protocol: boolean;
  readonly proxied: ProxyHeaderRules | undefined;
}

/** The PROXY header that tells whom a connection is made for. */
export interface ProxyHeaderRules {
  /** A connection without one is taken as it is. */
  readonly optional: boolean;
  readonly versions: ReadonlySet<1 | 2>;
}

export interface ConnectionFacts {
  readonly destinationAddress: string;
  readonly destinationPort: number;
  readonly sourceAddress: string;
  /** What the first bytes showed; `unknown` also when detection timed out or was not asked for. */
  readonly protocol: "http/1.1" | "h2c" | "tls" | "unknown";
  readonly serverName?: string;
  /** What the client offers to speak over TLS. */
  readonly alpn?: readonly string[];
}

export type Chain = HttpChain | TcpChain;

/** How a chain's connections become secure, before anything else. */
interface Secured {
  /** Undefined: they are plain. */
  readonly tls: ServerTls | undefined;
  /** Milliseconds a handshake may take. */
  readonly handshakeTimeout: number;
}

/** HTTP/2 of one side of the proxy. */
export interface Http2Rules extends SessionOptions {
  /** Undefined: nobody is asked whether it is still there. */
  readonly keepalive: Keepalive | undefined;
}

/** PING, in milliseconds; connections are looked at once a second. */
export interface Keepalive {
  readonly interval: number;
  /** How long its answer may take. */
  readonly timeout: number;
}

export interface HttpChain extends Secured {
  readonly kind: "http";
  readonly name: string;
  /** What its clients speak; `auto`: what TLS agrees on, or the first bytes show. */
  readonly codec: "auto" | "http1" | "http2";
  readonly http2: Http2Rules;
  /** The route table in force now (RDS may replace it between requests); undefined → 404. */
  routes(): RouteTable | undefined;
  /** Value of the `server` response header, and whether it replaces the upstream's. */
  readonly serverHeader: { readonly name: string; readonly mode: "overwrite" | "append" | "pass" };
  /** Gateways: trust own view of the client address, append to X-Forwarded-For, overwrite X-Forwarded-Proto. */
  readonly useRemoteAddress: boolean;
  readonly appendForwardedFor: boolean;
  readonly forwardedCertificate: ForwardedCertificate;
  readonly trustedHops: number;
  readonly requestId: "keep" | "replace" | "none";
  readonly normalizePath: boolean;
  readonly mergeSlashes: boolean;
  /** Milliseconds a request or its answer may stand still; 0 = for ever. */
  readonly streamIdleTimeout: number;
  /** Milliseconds for a whole request to come; 0 = none. */
  readonly requestTimeout: number;
  readonly acceptHttp10: boolean;
  /** Clients of gRPC-Web are understood. */
  readonly grpcWeb: boolean;
  readonly connection: ConnectionRules;
  /** Undefined: requests are read as they come. */
  readonly edge: EdgeRules | undefined;
  /** Answers do not say what only proxies understand. */
  readonly suppressEnvoyHeaders: boolean;
  /** Answers carry their request's id. */
  readonly answersWithId: boolean;
  readonly upgrades: ReadonlySet<string>;
  readonly accessLog: AccessLog | undefined;
}

export interface TcpChain extends Secured {
  readonly kind: "tcp";
  readonly name: string;
  /** Chooses a cluster by weight, once per connection. `random` is uniform in [0,1). */
  cluster(random: number): string;
  readonly idleTimeout: number;
  /** Milliseconds a connection may last; 0 = for ever. */
  readonly maxDuration: number;
  /** How many endpoints may be tried. */
  readonly connectAttempts: number;
  /** Under which prefix messages of MongoDB are counted; undefined: nobody looks for them. */
  readonly mongo: string | undefined;
  readonly accessLog: AccessLog | undefined;
}

export interface RouteTable {
  readonly name: string;
  /** Undefined: 404, flag NR. `random` is uniform in [0,1), for runtime fractions. */
  match(head: RequestHead, random: number): Route | undefined;
}

export interface Route {
  readonly name: string;
  readonly virtualHost: string;
  readonly action: ForwardAction | RedirectRoute | DirectRoute;
  /** Virtual host asks for HTTPS: redirect 301 plain requests. */
  readonly requireTls: boolean;
  readonly attemptCount: boolean;
  readonly requestHeaders: HeaderOps | undefined;
  readonly responseHeaders: HeaderOps | undefined;
  readonly fault: FaultPolicy | undefined;
  readonly cors: CorsRules | undefined;
  readonly decorator: string | undefined;
  /** It only names a cluster: nothing is changed, delayed, limited or answered here. */
  readonly plain: boolean;
}

export interface ForwardAction {
  readonly kind: "forward";
  /** Chooses by weight. */
  choose(random: number): ClusterChoice;
  readonly notFoundStatus: number;
  /** The path (with query) sent upstream; undefined = as received (normalised). */
  rewrite(head: RequestHead): string | undefined;
  readonly hostRewrite: string | undefined;
  readonly autoHostRewrite: boolean;
  /** Milliseconds it may stand still, where the chain's own limit does not hold; 0 = for ever. */
  readonly idleTimeout: number | undefined;
  /** An endpoint that is asked for another host is told the one the client asked for. */
  readonly forwardsHost: boolean;
  /** Milliseconds for the whole exchange; 0 = none. */
  readonly timeout: number;
  /** What gRPC clients may ask for instead of `timeout`, in milliseconds; `max` 0 = as much as they like. */
  readonly grpcTimeout: { readonly max: number; readonly offset: number } | undefined;
  /**
   * Milliseconds from the request's head on: `limit` (0 = none), or what `grpc-timeout` asks for where `headerMax` is
   * said (0 = as much as it likes), less `headerOffset`.
   */
  readonly streamTime:
    | { readonly limit: number; readonly headerMax: number | undefined; readonly headerOffset: number }
    | undefined;
  readonly retry: RetryRules | undefined;
  /** Upgrades this route allows or forbids, in lower case; `connect` is CONNECT. */
  readonly upgrades: ReadonlyMap<string, boolean>;
  /** CONNECT ends here: bytes go to the endpoint, not the request. */
  readonly endsConnect: boolean;
  readonly mirrors: readonly { readonly cluster: string; readonly share: number }[];
  /** Key for hashing balancers from the request; undefined = none. */
  hash(head: RequestHead, sourceAddress: string): string | undefined;
}

export interface ClusterChoice {
  readonly cluster: string;
  readonly requestHeaders: HeaderOps | undefined;
  readonly responseHeaders: HeaderOps | undefined;
  readonly hostRewrite: string | undefined;
}

export interface RedirectRoute {
  readonly kind: "redirect";
  readonly status: number;
  /** The Location value. `port`: the listener's, for port_redirect rules. */
  location(head: RequestHead): string;
}

export interface DirectRoute {
  readonly kind: "direct";
  readonly status: number;
  readonly body: Buffer;
  readonly contentType: string | undefined;
}

export interface RetryRules {
  readonly attempts: number;
  readonly perTryTimeout: number;
  readonly onConnectFailure: boolean;
  readonly onReset: boolean;
  /** The endpoint did nothing with the request (RFC 9113 §8.7). */
  readonly onRefusedStream: boolean;
  readonly onStatus: (status: number) => boolean;
  /** For the statuses of gRPC in the head of an answer; undefined: none is asked for. */
  readonly onGrpcStatus: ((status: number) => boolean) | undefined;
  /** Delay before the n-th retry (1-based), ms. */
  delay(attempt: number, random: number): number;
  readonly avoidPrevious: boolean;
}

export interface HeaderOps {
  /** Changes the flat list in place (names compared without case): remove, then set/append. */
  apply(headers: string[], context: HeaderContext): void;
}

/** For `%DOWNSTREAM_REMOTE_ADDRESS%` and the like. */
export interface HeaderContext {
  /** For `%REQ(…)%`, also where an answer's fields change. */
  readonly request: RequestHead;
  readonly downstreamRemoteAddress: string;
  readonly downstreamLocalAddress: string;
  readonly upstreamHost: string;
  readonly protocol: string;
  readonly routeName: string;
}

export interface FaultPolicy {
  /** Share in [0,1]. */
  readonly delay: { readonly milliseconds: number; readonly share: number } | undefined;
  readonly abort:
    | { readonly status: number; readonly grpcStatus: number | undefined; readonly share: number }
    | undefined;
}

export interface CorsRules {
  /** Undefined when the Origin is not allowed or this is no cross-origin request. */
  evaluate(head: RequestHead): { readonly preflight: boolean; readonly headers: readonly string[] } | undefined;
  readonly forwardUnmatchedPreflights: boolean;
}

/** Chooses endpoints, counts their requests. Identity survives endpoint updates, so pools and counts do too. */
export interface Cluster {
  readonly name: string;
  readonly connectTimeout: number;
  /** Milliseconds of silence after which the system asks whether an endpoint is still there; undefined: never. */
  readonly keepAlive: number | undefined;
  /** What its endpoints speak; `auto`: what TLS agrees on; `downstream`: what the client spoke. */
  readonly protocol: "http1" | "http2" | "auto" | "downstream";
  readonly http2: Http2Rules;
  /** Undefined: no healthy endpoint (503 UH). */
  pick(request: PickRequest): Endpoint | undefined;
  /** Over TLS: whether the name asked for is the request's own, and whether the server's certificate must be of the name asked for. */
  readonly serverNames: { readonly fromRequest: boolean; readonly checked: boolean };
  /** How connections to this endpoint become secure; undefined: they are plain. */
  tls(endpoint: Endpoint): ClientTls | undefined;
  /** The version of the PROXY header that connections to this endpoint begin with. */
  proxied(endpoint: Endpoint): 1 | 2 | undefined;
  readonly maxRequestsPerConnection: number;
  readonly idleTimeout: number;
  readonly limits: {
    readonly connections: number;
    readonly pending: number;
    readonly requests: number;
    readonly retries: number;
  };
  /** Counts against the limits; the data path changes them. */
  readonly load: { requests: number; pending: number; connections: number; retries: number };
  readonly destination: DestinationService;
}

export interface PickRequest {
  readonly random: number;
  readonly hash: string | undefined;
  /** Endpoints already tried. */
  readonly avoid: readonly Endpoint[];
  /** For ORIGINAL_DST clusters. */
  readonly originalDestination: { readonly address: string; readonly port: number } | undefined;
}

export interface Endpoint {
  /** `address:port`. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  readonly hostname: string | undefined;
  /** Requests under way; the data path counts, balancers read. */
  active: number;
  /** True once configuration dropped it: idle connections are closed, running ones go on. */
  gone: boolean;
  /** The data path's pool. */
  slot: unknown;
  readonly workload: WorkloadLabels;
}

/** Who a workload is, for metrics: Istio's label values, `unknown` where unknown. */
export interface WorkloadLabels {
  readonly workload: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  readonly cluster: string;
  readonly principal: string;
}

export interface DestinationService {
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
}

/** Counts one finished exchange; kept by the data path per (route choice, endpoint), so labels are resolved once. */
export interface HttpSeries {
  observe(result: {
    readonly status: number;
    readonly flags: string;
    readonly grpcStatus: string;
    readonly milliseconds: number;
    readonly requestBytes: number;
    readonly responseBytes: number;
  }): void;
  /** Counts messages of gRPC; also while an exchange goes on. */
  messages(requests: number, responses: number): void;
}

export interface TcpSeries {
  opened(): void;
  closed(): void;
  /** `buffer` holds the bytes from `start` on, where they are at hand. */
  sent(bytes: number, buffer?: Buffer, start?: number): void;
  received(bytes: number, buffer?: Buffer, start?: number): void;
}

/** Counts what MongoDB's connections carry. */
export interface MongoSeries {
  saw(operation: MongoOperation, traits: readonly MongoTrait[]): void;
  /** One direction's bytes are not MongoDB's. */
  failed(): void;
}

export interface Telemetry {
  http(labels: SeriesLabels): HttpSeries;
  tcp(labels: SeriesLabels): TcpSeries;
  mongo(prefix: string): MongoSeries;
  /** Counts handshakes, by the name of a listener or cluster. */
  tls(side: "listener" | "cluster", name: string): TlsCounters;
}

export interface SeriesLabels {
  readonly reporter: "source" | "destination";
  readonly source: WorkloadLabels;
  readonly destination: WorkloadLabels;
  readonly service: DestinationService;
  readonly protocol: "http" | "grpc" | "tcp";
  readonly security: "mutual_tls" | "none" | "unknown";
}

export interface AccessLog {
  /** Called once per exchange, after it ended. */
  write(entry: AccessLogEntry): void;
}

export interface AccessLogEntry {
  readonly startTime: number;
  readonly method: string;
  readonly path: string;
  readonly originalPath: string;
  readonly protocol: string;
  readonly status: number;
  readonly flags: string;
  readonly details: string;
  /** A number, for gRPC; else empty. */
  readonly grpcStatus: string;
  readonly terminationDetails: string;
  readonly upstreamFailure: string;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly milliseconds: number;
  readonly upstreamMilliseconds: number | undefined;
  readonly requestHeaders: readonly string[];
  readonly authority: string;
  readonly upstreamHost: string;
  readonly upstreamCluster: string;
  readonly upstreamLocalAddress: string;
  readonly downstreamLocalAddress: string;
  readonly downstreamRemoteAddress: string;
  readonly serverName: string;
  readonly routeName: string;
}
