import type { Cluster, Endpoint } from "../config/contract.ts";
import { transportFailure } from "../net/transport-failure.ts";
import type { Carried } from "./tcp-proxy.ts";

/** How a carried connection went. */
export interface Outcome {
  readonly cluster: Cluster | undefined;
  readonly endpoint: Endpoint | undefined;
  /** `address:port` of our end towards the endpoint. */
  readonly upstreamLocal: string;
  readonly sent: number;
  readonly received: number;
  /** Envoy's flags: NC, UH, UO, UF, URX, UR, DT. */
  readonly flags: string;
  /** Why the endpoint could not be reached; empty where it was. */
  readonly failure: string;
  readonly milliseconds: number;
}

/** What became of a connection before an endpoint was tried. */
export const untried = {
  endpoint: undefined,
  upstreamLocal: "",
  sent: 0,
  received: 0,
  failure: "",
  milliseconds: 0,
} as const;

/** Writes a connection's line of the access log, where its chain has one. */
export function record({ chain, origin, seen }: Carried, outcome: Outcome): void {
  chain.accessLog?.write({
    startTime: Date.now() - outcome.milliseconds,
    method: "",
    path: "",
    originalPath: "",
    protocol: "",
    status: 0,
    flags: outcome.flags,
    details: "",
    grpcStatus: "",
    terminationDetails: "",
    upstreamFailure: transportFailure(outcome.failure),
    bytesReceived: outcome.received,
    bytesSent: outcome.sent,
    milliseconds: outcome.milliseconds,
    upstreamMilliseconds: undefined,
    requestHeaders: [],
    authority: "",
    upstreamHost: outcome.endpoint?.key ?? "",
    upstreamCluster: outcome.cluster?.name ?? "",
    upstreamLocalAddress: outcome.upstreamLocal,
    downstreamLocalAddress: origin.local,
    downstreamRemoteAddress: origin.remote,
    serverName: seen?.hello?.serverName ?? "",
    routeName: "",
  });
}
