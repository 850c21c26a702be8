import {
  transportSocketTypes,
  type DownstreamTlsContext,
  type ProxyProtocolUpstreamTransport,
  type TypedFilter,
  type UpstreamTlsContext,
} from "../../xds/index.ts";
import { ClientTls } from "./client-tls.ts";
import type { Material } from "./material.ts";
import { ServerTls } from "./server-tls.ts";

const path = "transport_socket.typed_config";

/** A filter chain's transport socket; undefined: plain. Throws, with the field's path, on what cannot be honoured. */
export function serverTls(socket: TypedFilter | undefined, material: Material): ServerTls | undefined {
  const typed = socket?.typed_config;
  return typed?.["@type"] === transportSocketTypes.downstreamTls
    ? new ServerTls(typed as DownstreamTlsContext, path, material)
    : undefined;
}

/** Whether a cluster's transport socket begins connections with a PROXY header, and the socket inside. */
export function proxiedSocket(socket: TypedFilter | undefined): {
  readonly version: 1 | 2 | undefined;
  readonly inner: TypedFilter | undefined;
} {
  const typed = socket?.typed_config;
  if (typed?.["@type"] !== transportSocketTypes.proxyProtocol) return { version: undefined, inner: socket };
  const { config, transport_socket } = typed as ProxyProtocolUpstreamTransport;
  return { version: config?.version === "V2" ? 2 : 1, inner: transport_socket };
}

/** A cluster's transport socket; undefined: plain. Throws, with the field's path, on what cannot be honoured. */
export function clientTls(socket: TypedFilter | undefined, at: string, material: Material): ClientTls | undefined {
  const typed = socket?.typed_config;
  return typed?.["@type"] === transportSocketTypes.upstreamTls
    ? new ClientTls(typed as UpstreamTlsContext, `${at}${path}`, material)
    : undefined;
}
