import {
  filterTypes,
  type FilterChain,
  type HttpConnectionManager,
  type MongoProxy,
  type Router,
  type TcpProxy,
} from "../../xds/index.ts";
import { accessLog, type WriteLine } from "./access-log.ts";
import { forwardedCertificate } from "./client-certificate.ts";
import type { Chain, HttpChain, RouteTable, TcpChain } from "./contract.ts";
import { milliseconds } from "./duration.ts";
import { connectionRules } from "./connection-rules.ts";
import { edgeRules } from "./edge-rules.ts";
import { sessionOptions } from "./http2.ts";
import { weightedChoice } from "./percent.ts";
import { serverTls } from "../tls/transport-socket.ts";
import type { Material } from "../tls/material.ts";
import { compileRoutes } from "./route-table.ts";
import { under } from "./under.ts";
import { onTheWire } from "./wire-text.ts";

export interface ChainSurroundings {
  /** The route table in force under a name. */
  readonly routes: (name: string) => RouteTable | undefined;
  readonly write: WriteLine;
  /** Where certificates and keys come from. */
  readonly material: Material;
}

/** Milliseconds a handshake may take where the configuration knows no limit. */
const handshakeLimit = 10_000;

const serverModes = { OVERWRITE: "overwrite", APPEND_IF_ABSENT: "append", PASS_THROUGH: "pass" } as const;

const codecs = { AUTO: "auto", HTTP1: "http1", HTTP2: "http2" } as const;

/** A filter chain must end what arrives: a connection manager, or a TCP proxy that MongoDB's filter may precede. Throws on anything else. */
export function compileChain(message: FilterChain, listener: string, surroundings: ChainSurroundings): Chain {
  const configs = message.filters.map(({ typed_config }) => typed_config);
  const last = configs.pop();
  const mongo = configs.pop();
  const ends =
    last?.["@type"] === filterTypes.httpConnectionManager ? !mongo : last?.["@type"] === filterTypes.tcpProxy;
  if (!last || !ends || configs.length > 0 || (mongo && mongo["@type"] !== filterTypes.mongoProxy)) {
    throw new RangeError(
      "filters: one connection manager, or one TCP proxy, alone or after MongoDB's filter, is needed",
    );
  }
  const name = message.name ?? listener;
  const secured = {
    tls: under("transport_socket", () => serverTls(message.transport_socket, surroundings.material)),
    handshakeTimeout: milliseconds(message.transport_socket_connect_timeout, 0) || handshakeLimit,
  };
  return under(`filters[${message.filters.length - 1}].typed_config`, () =>
    last["@type"] === filterTypes.httpConnectionManager
      ? { ...httpChain(last as HttpConnectionManager, name, surroundings), ...secured }
      : { ...tcpChain(last as TcpProxy, mongo as MongoProxy | undefined, name, surroundings), ...secured },
  );
}

type Unsecured<C extends Chain> = Omit<C, "tls" | "handshakeTimeout">;

function tcpChain(
  message: TcpProxy,
  mongo: MongoProxy | undefined,
  name: string,
  { write }: ChainSurroundings,
): Unsecured<TcpChain> {
  const clusters = message.weighted_clusters?.clusters ?? [{ name: message.cluster ?? "", weight: 1 }];
  return {
    kind: "tcp",
    name,
    cluster: weightedChoice(clusters.map(({ name, weight }) => ({ weight, value: name }))),
    idleTimeout: milliseconds(message.idle_timeout, 3_600_000),
    maxDuration: milliseconds(message.max_downstream_connection_duration, 0),
    connectAttempts: message.max_connect_attempts ?? 1,
    mongo: mongo?.stat_prefix,
    accessLog: under("access_log", () => accessLog(message.access_log, write)),
  };
}

function httpChain(
  message: HttpConnectionManager,
  name: string,
  { routes, write }: ChainSurroundings,
): Unsecured<HttpChain> {
  const router = message.http_filters.at(-1)?.typed_config;
  if (router?.["@type"] !== filterTypes.router) throw new RangeError("http_filters: the last one must be the router");
  const routers = message.http_filters.filter(({ typed_config }) => typed_config?.["@type"] === filterTypes.router);
  if (routers.length > 1) throw new RangeError("http_filters: only the last one may be the router");
  const { rds, route_config } = message;
  if ((rds === undefined) === (route_config === undefined)) {
    throw new RangeError("exactly one of rds, route_config is needed");
  }
  const ids = message.generate_request_id === false ? "none" : "keep";
  const own = route_config && under("route_config", () => compileRoutes(route_config));
  return {
    kind: "http",
    name,
    routes: own ? () => own : () => routes(rds?.route_config_name ?? ""),
    codec: codecs[message.codec_type ?? "AUTO"],
    http2: sessionOptions(message.http2_protocol_options),
    serverHeader: {
      name: onTheWire(message.server_name ?? "envoy"),
      mode: serverModes[message.server_header_transformation ?? "OVERWRITE"],
    },
    useRemoteAddress: message.use_remote_address ?? false,
    appendForwardedFor: (message.use_remote_address ?? false) && !(message.skip_xff_append ?? false),
    forwardedCertificate: forwardedCertificate(message),
    trustedHops: message.xff_num_trusted_hops ?? 0,
    // Only an edge replaces what came from outside; inside, a request keeps its id over all hops.
    requestId: message.use_remote_address && !message.preserve_external_request_id ? "replace" : ids,
    normalizePath: message.normalize_path ?? false,
    mergeSlashes: message.merge_slashes ?? false,
    streamIdleTimeout: milliseconds(message.stream_idle_timeout, 300_000),
    requestTimeout: milliseconds(message.request_timeout, 0),
    connection: connectionRules(message),
    edge: edgeRules(message),
    suppressEnvoyHeaders: (router as Router).suppress_envoy_headers ?? false,
    answersWithId: message.always_set_request_id_in_response ?? false,
    grpcWeb: message.http_filters.some(({ typed_config }) => typed_config?.["@type"] === filterTypes.grpcWeb),
    acceptHttp10: message.http_protocol_options?.accept_http_10 ?? false,
    upgrades: under("upgrade_configs", () => upgradesOf(message)),
    accessLog: under("access_log", () => accessLog(message.access_log, write)),
  };
}

function upgradesOf({ upgrade_configs = [] }: HttpConnectionManager): ReadonlySet<string> {
  const names = upgrade_configs.map(({ upgrade_type }) => upgrade_type.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new RangeError(`${twice} stands twice`);
  return new Set(names.filter((_, index) => upgrade_configs[index]?.enabled !== false));
}
