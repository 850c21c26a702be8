// `observe` is on the path of every request.
import { Registry, type Counter, type Family, type Histogram, type LabelOf } from "../../metrics/index.ts";
import type { HttpSeries, MongoSeries, SeriesLabels, TcpSeries, Telemetry } from "../config/contract.ts";
import { TlsStatistics, type TlsCounters } from "../tls/counters.ts";
import { MongoCounters } from "./mongo.ts";

/** Istio's bounds, for durations in milliseconds and sizes in bytes alike. */
const istioBounds: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
];

/** Labels of TCP metrics; HTTP ones have `response_code` and `grpc_response_status` too. */
const tcpLabels = [
  "reporter",
  "source_workload",
  "source_canonical_service",
  "source_canonical_revision",
  "source_workload_namespace",
  "source_principal",
  "source_app",
  "source_version",
  "source_cluster",
  "destination_workload",
  "destination_workload_namespace",
  "destination_principal",
  "destination_app",
  "destination_version",
  "destination_service",
  "destination_canonical_service",
  "destination_canonical_revision",
  "destination_service_name",
  "destination_service_namespace",
  "destination_cluster",
  "request_protocol",
  "response_flags",
  "connection_security_policy",
] as const;
/** Labels of the counters of gRPC's messages. */
const messageLabels = tcpLabels.slice(0, 20);
const httpLabels = [...tcpLabels.slice(0, 21), "response_code", "grpc_response_status", ...tcpLabels.slice(21)];

interface HttpCounters {
  readonly status: number;
  readonly flags: string;
  readonly grpcStatus: string;
  readonly requests: Counter;
  readonly duration: Histogram;
  readonly requestBytes: Histogram;
  readonly responseBytes: Histogram;
}

interface MessageCounters {
  readonly requests: Counter;
  readonly responses: Counter;
}

export interface IstioTelemetryOptions {
  readonly version: string;
  /** Most label sets of one metric. */
  readonly limit?: number;
}

/** Istio's standard metrics. */
export class IstioTelemetry implements Telemetry {
  readonly registry = new Registry();
  readonly #requests: Family<Counter>;
  readonly #duration: Family<Histogram>;
  readonly #requestBytes: Family<Histogram>;
  readonly #responseBytes: Family<Histogram>;
  readonly #requestMessages: Family<Counter>;
  readonly #responseMessages: Family<Counter>;
  readonly #opened: Family<Counter>;
  readonly #closed: Family<Counter>;
  readonly #sent: Family<Counter>;
  readonly #received: Family<Counter>;
  readonly #mongo: MongoCounters;
  readonly #tls = new TlsStatistics(this.registry);

  constructor({ version, limit = 10_000 }: IstioTelemetryOptions) {
    const { registry } = this;
    const http = (name: string, help: string) => ({ name, help, labels: httpLabels, limit });
    const tcp = (name: string, help: string) => ({ name, help, labels: tcpLabels, limit });
    const histogram = (name: string, help: string) => registry.histogram({ ...http(name, help), bounds: istioBounds });
    this.#requests = registry.counter(http("istio_requests_total", "Requests."));
    this.#duration = histogram("istio_request_duration_milliseconds", "Time from a request's first byte to its end.");
    this.#requestBytes = histogram("istio_request_bytes", "Sizes of requests, heads included.");
    this.#responseBytes = histogram("istio_response_bytes", "Sizes of responses, heads included.");
    const messages = (name: string, help: string) => registry.counter({ name, help, labels: messageLabels, limit });
    this.#requestMessages = messages("istio_request_messages_total", "Messages of gRPC sent by clients.");
    this.#responseMessages = messages("istio_response_messages_total", "Messages of gRPC sent in answer.");
    this.#opened = registry.counter(tcp("istio_tcp_connections_opened_total", "Connections opened."));
    this.#closed = registry.counter(tcp("istio_tcp_connections_closed_total", "Connections closed."));
    this.#sent = registry.counter(tcp("istio_tcp_sent_bytes_total", "Bytes sent in answer, by connections."));
    this.#received = registry.counter(tcp("istio_tcp_received_bytes_total", "Bytes received, by connections."));
    this.#mongo = new MongoCounters(registry, limit);
    registry
      .gauge({ name: "istio_build", help: "Always 1; the labels say what runs.", labels: ["component", "tag"] })
      .with("proxy", version)
      .set(1);
  }

  http(labels: SeriesLabels): HttpSeries {
    const before = beforeCode(labels);
    const security = securityOf(labels);
    const resolve = (status: number, flags: string, grpcStatus: string): HttpCounters => {
      const values = [...before, String(status), grpcStatus, flags || "-", security];
      return {
        status,
        flags,
        grpcStatus,
        requests: this.#requests.with(...values),
        duration: this.#duration.with(...values),
        requestBytes: this.#requestBytes.with(...values),
        responseBytes: this.#responseBytes.with(...values),
      };
    };
    const resolveMessages = (): MessageCounters => {
      const values = before.slice(0, messageLabels.length);
      return { requests: this.#requestMessages.with(...values), responses: this.#responseMessages.with(...values) };
    };
    return new HttpCounts(resolve, resolveMessages);
  }

  mongo(prefix: string): MongoSeries {
    return this.#mongo.of(prefix);
  }

  tcp(labels: SeriesLabels): TcpSeries {
    const values = [...beforeCode(labels), "-", securityOf(labels)];
    // Resolved at the first use: a connection that never opens leaves no series.
    const counter = (family: Family<Counter>) => {
      let series: Counter | undefined;
      return (amount: number) => (series ??= family.with(...values)).add(amount);
    };
    const opened = counter(this.#opened);
    const closed = counter(this.#closed);
    return {
      opened: () => opened(1),
      closed: () => closed(1),
      sent: counter(this.#sent),
      received: counter(this.#received),
    };
  }

  tls(side: "listener" | "cluster", name: string): TlsCounters {
    return this.#tls.of(side, name);
  }
}

/** The counters of one route choice and endpoint, found again by comparing, not by building a key. */
class HttpCounts implements HttpSeries {
  readonly #resolve: (status: number, flags: string, grpcStatus: string) => HttpCounters;
  readonly #resolveMessages: () => MessageCounters;
  readonly #known: HttpCounters[] = [];
  #last: HttpCounters | undefined;
  #messages: MessageCounters | undefined;

  constructor(
    resolve: (status: number, flags: string, grpcStatus: string) => HttpCounters,
    resolveMessages: () => MessageCounters,
  ) {
    this.#resolve = resolve;
    this.#resolveMessages = resolveMessages;
  }

  observe(result: Parameters<HttpSeries["observe"]>[0]): void {
    let counters = this.#last;
    if (!counters || !fits(counters, result)) {
      counters = this.#known.find((known) => fits(known, result));
      if (!counters) {
        counters = this.#resolve(result.status, result.flags, result.grpcStatus);
        this.#known.push(counters);
      }
      this.#last = counters;
    }
    counters.requests.value += 1;
    counters.duration.observe(result.milliseconds);
    counters.requestBytes.observe(result.requestBytes);
    counters.responseBytes.observe(result.responseBytes);
  }

  messages(requests: number, responses: number): void {
    this.#messages ??= this.#resolveMessages();
    this.#messages.requests.value += requests;
    this.#messages.responses.value += responses;
  }
}

function fits(counters: HttpCounters, result: Parameters<HttpSeries["observe"]>[0]): boolean {
  return (
    counters.status === result.status && counters.flags === result.flags && counters.grpcStatus === result.grpcStatus
  );
}

/** The first 21 values: who called whom, over what. */
function beforeCode({ reporter, source, destination, service, protocol }: SeriesLabels): string[] {
  return [
    reporter,
    source.workload,
    source.canonicalService,
    source.canonicalRevision,
    source.namespace,
    source.principal,
    source.app,
    source.version,
    source.cluster,
    destination.workload,
    destination.namespace,
    destination.principal,
    destination.app,
    destination.version,
    service.host,
    destination.canonicalService,
    destination.canonicalRevision,
    service.name,
    service.namespace,
    destination.cluster,
    protocol,
  ];
}

/** A caller cannot know whether its connection was secured on the way: always unknown there, as Istio has it. */
const securityOf = ({ reporter, security }: SeriesLabels) => (reporter === "source" ? "unknown" : security);

/** Whether a series was reported by this workload: what a scrape of one pod's own proxy would show. */
export function reportedBy(workload: string, namespace: string): (label: LabelOf) => boolean {
  return (label) => {
    const side = label("reporter");
    if (side === undefined) return true;
    return label(`${side}_workload`) === workload && label(`${side}_workload_namespace`) === namespace;
  };
}
