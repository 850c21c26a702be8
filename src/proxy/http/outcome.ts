// On the path of every request.
import { fieldValue } from "../../wire/index.ts";
import type { AccessLogEntry, Endpoint, HeaderContext, HttpSeries } from "../config/contract.ts";
import type { Failure } from "./attempt.ts";
import type { Exchange } from "./exchange.ts";
import type { InboundHop } from "./inbound-hop.ts";
import type { LocalReply } from "./local-reply.ts";
import { seriesOf, seriesWithoutEndpoint } from "./series.ts";
import type { Surroundings } from "./surroundings.ts";

/** What became of a request: counted by both sides' metrics, and written where someone listens. */
export class Outcome {
  readonly startedAt: number;
  status = 0;
  flags = "";
  details = "";
  /** Why there was no connection to the endpoint. */
  failure = "";
  requestBytes = 0;
  responseBytes = 0;
  corsFields: readonly string[] | undefined = undefined;
  /** This end of the connection to the endpoint, where someone listens. */
  upstreamLocal = "";
  /** Milliseconds until the endpoint's answer began. */
  upstreamMilliseconds: number | undefined = undefined;
  /** The callee's side of the present try was counted. */
  #calleeTold = false;
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

  /** By the proxy itself. */
  answered({ status, flags, details, failure = "", body }: LocalReply): void {
    this.status = status;
    this.flags = this.flags === "" ? flags : `${this.flags},${flags}`;
    this.details = details;
    this.failure = failure;
    this.responseBytes += body.length;
  }

  record(): void {
    const { origin, endpoint, hop, grpc } = this.#exchange;
    const result = {
      status: this.status,
      flags: this.flags,
      grpcStatus: grpc ? grpc.statusWith(this.status) : "",
      milliseconds: this.milliseconds,
      requestBytes: this.requestBytes,
      responseBytes: this.responseBytes,
    };
    this.#nearSeries().observe(result);
    const far = this.#calleeTold ? undefined : this.#farSeries();
    if (far && hop && endpoint) {
      far.observe(result);
      hop.accessLog?.write(this.#calleeEntry(hop, endpoint));
    }
    if (grpc) this.countMessages();
    origin.chain.accessLog?.write(this.#entry());
  }

  /** Another try begins: the callee sees another request. */
  tried(): void {
    this.#calleeTold = false;
  }

  /** A try that its caller goes on from, or gives up, as the callee's side saw it end. */
  calleeSaw(status: number, flags: string, details: string): void {
    const { hop, endpoint } = this.#exchange;
    const far = this.#calleeTold ? undefined : this.#farSeries();
    if (!far || !hop || !endpoint) return;
    this.#calleeTold = true;
    const { milliseconds, requestBytes } = this;
    far.observe({ status, flags, grpcStatus: "", milliseconds, requestBytes, responseBytes: 0 });
    hop.accessLog?.write({ ...this.#calleeEntry(hop, endpoint), status, flags, details });
  }

  /** The answer to a failure behind the callee: its side gives it, and for the caller it is an answer like any other. */
  passedOn({ kind, reply }: Failure): LocalReply {
    const { hop } = this.#exchange;
    if (!hop || hop.apart || kind === "overflow" || kind === "timeout" || kind === "status") return reply;
    this.calleeSaw(reply.status, reply.flags, reply.details);
    return { ...reply, flags: "", details: "via_upstream" };
  }

  /** Of gRPC: counts the messages that came since the last time. */
  countMessages(): void {
    const messages = this.#exchange.grpc?.uncounted();
    if (!messages || (messages.requests === 0 && messages.responses === 0)) return;
    this.#nearSeries().messages(messages.requests, messages.responses);
    this.#farSeries()?.messages(messages.requests, messages.responses);
  }

  /** The counters of this proxy's own side. */
  #nearSeries(): HttpSeries {
    const { origin, cluster, endpoint, hop, protocol } = this.#exchange;
    const surroundings = this.#surroundings;
    const { owner } = origin;
    if (origin.direction === "inbound") {
      const secured = origin.clientCertificate !== undefined || origin.tls?.peer?.verified === true;
      return cluster && endpoint
        ? seriesOf("destination", origin.peer, cluster, endpoint, owner, secured, protocol, surroundings)
        : seriesWithoutEndpoint("destination", origin.peer, cluster, protocol, surroundings);
    }
    return cluster && endpoint
      ? seriesOf("source", owner.labels, cluster, endpoint, hop?.callee, false, protocol, surroundings)
      : seriesWithoutEndpoint("source", owner.labels, cluster, protocol, surroundings);
  }

  /** The counters of a callee served here, where it saw the request. */
  #farSeries(): HttpSeries | undefined {
    const { origin, cluster, endpoint, hop, protocol } = this.#exchange;
    if (!hop || hop.apart || !cluster || !endpoint || !this.#met()) return undefined;
    const callee = hop.cluster ?? cluster;
    const surroundings = this.#surroundings;
    return seriesOf("destination", origin.owner.labels, callee, endpoint, hop.callee, true, protocol, surroundings);
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
      routeName: hop.route?.name ?? "",
    };
  }

  #entry(): AccessLogEntry {
    const { origin, cluster, endpoint, route, message, head, grpc } = this.#exchange;
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
      grpcStatus: grpc ? grpc.statusWith(this.status) : "",
      terminationDetails: "",
      upstreamFailure: this.failure,
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
      serverName: origin.tls?.serverName ?? "",
      routeName: route?.name ?? "",
    };
  }
}
