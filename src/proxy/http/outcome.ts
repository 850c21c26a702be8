// On the path of every request.
import { fieldValue } from "../../wire/index.ts";
import type { AccessLogEntry, Endpoint, HeaderContext } from "../config/contract.ts";
import type { Exchange } from "./exchange.ts";
import type { InboundHop } from "./inbound-hop.ts";
import { seriesOf, seriesWithoutEndpoint } from "./series.ts";
import type { Surroundings } from "./surroundings.ts";

/** What became of a request: counted by both sides' metrics, and written where someone listens. */
export class Outcome {
  readonly startedAt: number;
  status = 0;
  flags = "";
  details = "";
  requestBytes = 0;
  responseBytes = 0;
  corsFields: readonly string[] | undefined = undefined;
  /** This end of the connection to the endpoint, where someone listens. */
  upstreamLocal = "";
  /** Milliseconds until the endpoint's answer began. */
  upstreamMilliseconds: number | undefined = undefined;
  readonly #exchange: Exchange;
  readonly #surroundings: Surroundings;

  constructor(exchange: Exchange, surroundings: Surroundings) {
    this.#exchange = exchange;
    this.#surroundings = surroundings;
    this.startedAt = surroundings.ticker.now();
  }

  get milliseconds(): number {
    return this.#surroundings.ticker.now() - this.startedAt;
  }

  headerContext(): HeaderContext {
    const { origin, endpoint, route, message, head } = this.#exchange;
    return {
      request: head,
      downstreamRemoteAddress: origin.remote,
      downstreamLocalAddress: origin.local,
      upstreamHost: endpoint?.key ?? "",
      protocol: message.protocol,
      routeName: route?.name ?? "",
    };
  }

  record(): void {
    const { origin, cluster, endpoint, hop } = this.#exchange;
    const surroundings = this.#surroundings;
    const result = {
      status: this.status,
      flags: this.flags,
      grpcStatus: "",
      milliseconds: this.milliseconds,
      requestBytes: this.requestBytes,
      responseBytes: this.responseBytes,
    };
    const { owner } = origin;
    if (origin.direction === "inbound") {
      const secured = origin.clientCertificate !== undefined;
      const series =
        cluster && endpoint
          ? seriesOf("destination", origin.peer, cluster, endpoint, owner, secured, surroundings)
          : seriesWithoutEndpoint("destination", origin.peer, cluster, surroundings);
      series.observe(result);
    } else if (cluster && endpoint) {
      seriesOf("source", owner.labels, cluster, endpoint, hop?.callee, false, surroundings).observe(result);
      if (hop && this.#met()) {
        seriesOf("destination", owner.labels, hop.cluster ?? cluster, endpoint, hop.callee, true, surroundings).observe(
          result,
        );
        hop.accessLog?.write(this.#calleeEntry(hop, endpoint));
      }
    } else seriesWithoutEndpoint("source", owner.labels, cluster, surroundings).observe(result);
    origin.chain.accessLog?.write(this.#entry());
  }

  /** Whether the callee's side saw the request at all. */
  #met(): boolean {
    return this.flags !== "UF" && this.flags !== "UO" && this.flags !== "UH";
  }

  /** The same request as the callee's own proxy would have written it down. */
  #calleeEntry(hop: InboundHop, endpoint: Endpoint): AccessLogEntry {
    return {
      ...this.#entry(),
      upstreamCluster: hop.cluster?.name ?? "",
      downstreamLocalAddress: endpoint.key,
      downstreamRemoteAddress: `${this.#exchange.origin.remoteAddress}:0`,
      routeName: hop.route.name,
    };
  }

  #entry(): AccessLogEntry {
    const { origin, cluster, endpoint, route, message, head } = this.#exchange;
    const failed = this.flags.includes("UF");
    const target = head.query === "" ? head.path : `${head.path}?${head.query}`;
    return {
      startTime: Date.now() - this.milliseconds,
      method: message.method,
      path: target,
      originalPath: fieldValue(message.fields, "x-envoy-original-path") ?? "",
      protocol: message.protocol,
      status: this.status,
      flags: this.flags,
      details: this.details,
      terminationDetails: "",
      upstreamFailure: failed ? "delayed_connect_error" : "",
      bytesReceived: this.requestBytes,
      bytesSent: this.responseBytes,
      milliseconds: this.milliseconds,
      upstreamMilliseconds: this.upstreamMilliseconds,
      requestHeaders: message.fields,
      authority: head.authority,
      upstreamHost: endpoint?.key ?? "",
      upstreamCluster: cluster?.name ?? "",
      upstreamLocalAddress: this.upstreamLocal,
      downstreamLocalAddress: origin.local,
      downstreamRemoteAddress: origin.remote,
      serverName: "",
      routeName: route?.name ?? "",
    };
  }
}
