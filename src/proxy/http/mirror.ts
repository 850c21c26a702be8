import { type BodyEnd, fieldValue, type ResponseMessage } from "../../wire/index.ts";
import type { Cluster, ForwardAction } from "../config/contract.ts";
import { copyOf } from "../net/socket.ts";
import { Attempt, type Attempting } from "./attempt.ts";
import { bodyOf, type ClientStream, type OutgoingRequest } from "./codec.ts";
import type { Exchange } from "./exchange.ts";
import { HandOver } from "./hand-over.ts";
import { inboundHop, type InboundHop } from "./inbound-hop.ts";
import { seriesOf } from "./series.ts";
import type { Surroundings } from "./surroundings.ts";
import { Timeout } from "./timeout.ts";
import { upstreamProtocol } from "./upstream-protocol.ts";

/** Bytes a mirror may lag behind; a slower one gets no more. */
const mostBehind = 1_048_576;
/** Milliseconds a copy may take where its route says nothing: nobody waits for its answer. */
const mostTime = 300_000;

/** A copy of a request that goes to another cluster; its answer is read and dropped. */
export class Mirror implements Attempting {
  readonly method: string;
  readonly #exchange: Exchange;
  readonly #cluster: Cluster;
  readonly #request: OutgoingRequest;
  readonly #surroundings: Surroundings;
  readonly #startedAt: number;
  readonly #timeout: Timeout;
  #attempt: Attempt | undefined;
  #hop: InboundHop | undefined;
  #kept: Buffer[] = [];
  #behind = 0;
  #ended = false;
  #trailers: readonly string[] | undefined;
  #status = 0;

  constructor(exchange: Exchange, cluster: Cluster, request: OutgoingRequest, surroundings: Surroundings) {
    const { message } = exchange;
    this.method = message.method;
    this.#exchange = exchange;
    this.#cluster = cluster;
    this.#request = request;
    this.#surroundings = surroundings;
    this.#startedAt = surroundings.ticker.now();
    this.#timeout = new Timeout(surroundings.ticker, () => this.abort());
  }

  start(timeout: number): void {
    const { origin, head } = this.#exchange;
    const endpoint = this.#cluster.pick({
      random: this.#surroundings.chance(),
      hash: undefined,
      avoid: [],
      originalDestination: origin.destination,
    });
    if (!endpoint) return;
    const hop = inboundHop(origin, endpoint, head, this.#surroundings);
    if (hop === "unready") return;
    this.#hop = hop;
    const ends = hop ? undefined : origin.ends;
    this.#attempt = new Attempt(this, this.#cluster, endpoint, ends, this.#request.host, this.#surroundings);
    this.#timeout.set(timeout || mostTime);
    if (hop?.apart) return this.#attempt.attachTo(new HandOver(hop.apart, this.#surroundings));
    this.#attempt.start(upstreamProtocol(this.#cluster, hop?.cluster, this.#exchange.message.major), false);
  }

  data(buffer: Buffer, start: number, end: number): void {
    const attempt = this.#attempt;
    if (!attempt) return;
    if (attempt.stream) {
      this.#behind = attempt.stream.body(buffer, start, end) ? 0 : this.#behind + (end - start);
    } else {
      this.#kept.push(copyOf(buffer, start, end));
      this.#behind += end - start;
    }
    if (this.#behind > mostBehind) this.abort();
  }

  end(trailers: readonly string[] | undefined): void {
    this.#ended = true;
    this.#trailers = trailers;
    this.#attempt?.stream?.endBody(trailers);
  }

  abort(): void {
    this.#timeout.clear();
    this.#attempt?.abandon();
    this.#attempt = undefined;
  }

  ready(attempt: Attempt, stream: ClientStream): void {
    stream.send(attempt, this.#request);
    for (const bytes of this.#kept.splice(0)) stream.body(bytes, 0, bytes.length);
    if (bodyOf(this.#request.message) !== "none" && this.#ended) stream.endBody(this.#trailers);
  }

  responseHead(message: ResponseMessage, _end: BodyEnd): void {
    if (message.status >= 200) this.#status = message.status;
    else if (message.status === 101) this.abort();
  }

  responseData(): void {
    // Nobody reads it.
  }

  responseFlush(): void {
    // Nothing is held back.
  }

  requestDrained(): void {
    this.#behind = 0;
  }

  /** Only the callee counts it: for the caller there was one request. */
  responseEnd(): void {
    const endpoint = this.#attempt?.endpoint;
    this.#timeout.clear();
    this.#attempt = undefined;
    const hop = this.#hop;
    if (!hop || hop.apart || !endpoint) return;
    const { labels } = this.#exchange.origin.owner;
    seriesOf(
      "destination",
      labels,
      hop.cluster ?? this.#cluster,
      endpoint,
      hop.callee,
      true,
      this.#exchange.protocol,
      this.#surroundings,
    ).observe({
      status: this.#status,
      flags: "",
      grpcStatus: "",
      milliseconds: this.#surroundings.ticker.now() - this.#startedAt,
      requestBytes: this.#exchange.outcome.requestBytes,
      responseBytes: 0,
    });
  }

  failed(): void {
    this.#timeout.clear();
    this.#attempt = undefined;
  }
}

/** Starts the copies a route asks for. Copies of `request` say whom they come from. */
export function startMirrors(
  { mirrors, timeout }: ForwardAction,
  exchange: Exchange,
  request: OutgoingRequest,
  surroundings: Surroundings,
): readonly Mirror[] {
  const started: Mirror[] = [];
  const { origin, message } = exchange;
  const before = fieldValue(message.fields, "x-forwarded-for");
  const extra = before === undefined ? [...request.extra, "x-forwarded-for", origin.remoteAddress] : request.extra;
  const copy = { ...request, extra };
  for (const { cluster: name, share } of mirrors) {
    if (share < 1 && surroundings.chance() >= share) continue;
    const cluster = origin.owner.config.cluster(name);
    if (!cluster) continue;
    const mirror = new Mirror(exchange, cluster, copy, surroundings);
    mirror.start(timeout);
    started.push(mirror);
  }
  return started;
}
