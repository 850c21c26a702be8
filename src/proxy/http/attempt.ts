// On the path of every request.
import { printProxyHeader, type BodyEnd, type ProxiedEnds, type ResponseMessage } from "../../wire/index.ts";
import type { Cluster, Endpoint } from "../config/contract.ts";
import type { Break, Caller, ClientStream } from "./codec.ts";
import { connectionFailure, replies, type LocalReply } from "./local-reply.ts";
import { Pool, type UpstreamProtocol, type Waiting } from "./pool.ts";
import type { Surroundings } from "./surroundings.ts";

/** How an attempt failed; decides whether another one is made. */
export interface Failure {
  /** `status`: an answer whose status the rules take for a failure; `refused`: the endpoint did nothing with the request. */
  readonly kind: "connect" | "reset" | "refused" | "timeout" | "overflow" | "status";
  readonly reply: LocalReply;
  /** The connection had served before and broke without a byte of answer: its peer closed it as we wrote. */
  readonly stale: boolean;
}

const brokenReplies = {
  "connection-termination": replies.connectionTermination,
  "protocol-error": replies.protocolError,
  reset: replies.remoteReset,
} as const;

/** Who made an attempt and takes its result. */
export interface Attempting {
  readonly method: string;
  /** The way is there: the request may be sent now. */
  ready(attempt: Attempt, stream: ClientStream): void;
  responseHead(message: ResponseMessage, end: BodyEnd): void;
  responseData(buffer: Buffer, start: number, end: number): void;
  responseFlush(): void;
  responseEnd(trailers: readonly string[] | undefined): void;
  requestDrained(): void;
  failed(failure: Failure): void;
}

function poolFor(cluster: Cluster, endpoint: Endpoint, host: string, surroundings: Surroundings): Pool {
  const pool = Pool.of(cluster, endpoint, surroundings);
  const serverName = cluster.serverNames.fromRequest ? hostName(host) : undefined;
  return serverName === undefined ? pool : pool.named(serverName);
}

/** Host without its port, as a server is asked for by name; undefined: it is no name. */
function hostName(host: string): string | undefined {
  return /^([a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)(?::\d+)?$/.exec(host.toLowerCase())?.[1];
}

/** One try to have a request answered by one endpoint. */
export class Attempt implements Caller, Waiting {
  readonly endpoint: Endpoint;
  stream: ClientStream | undefined;
  readonly #by: Attempting;
  readonly #pool: Pool;
  readonly #cluster: Cluster;
  #reused = false;
  #over = false;

  /** `ends`: who may be named to the endpoint. `host`: whom the request is for. */
  constructor(
    by: Attempting,
    cluster: Cluster,
    endpoint: Endpoint,
    ends: ProxiedEnds | undefined,
    host: string,
    surroundings: Surroundings,
  ) {
    this.#by = by;
    this.endpoint = endpoint;
    this.#cluster = cluster;
    const version = ends && cluster.proxied(endpoint);
    this.#pool = version
      ? Pool.alone(cluster, endpoint, printProxyHeader(version, ends), surroundings)
      : poolFor(cluster, endpoint, host, surroundings);
    endpoint.active += 1;
    cluster.load.requests += 1;
  }

  get method(): string {
    return this.#by.method;
  }

  /** `fresh`: not over a connection that served before. */
  start(protocol: UpstreamProtocol, fresh: boolean): void {
    this.#pool.acquire(this, protocol, fresh);
  }

  /** Goes this way. */
  attachTo(stream: ClientStream): void {
    this.attached(stream, false);
  }

  /** Ends it without waiting for an answer. */
  abandon(): void {
    if (this.#over) return;
    this.#end();
    this.#pool.forget(this);
    this.stream?.abandon();
  }

  attached(stream: ClientStream, reused: boolean): boolean {
    if (this.#over) return false;
    this.stream = stream;
    this.#reused = reused;
    this.#by.ready(this, stream);
    return true;
  }

  unreachable(reason: string): void {
    this.#fail({ kind: "connect", reply: connectionFailure(reason), stale: false });
  }

  overflow(): void {
    this.#fail({ kind: "overflow", reply: replies.overflow, stale: false });
  }

  broken(why: Break, answered: boolean): void {
    if (why === "refused") return this.#fail({ kind: "refused", reply: replies.remoteReset, stale: this.#reused });
    this.#fail({ kind: "reset", reply: brokenReplies[why], stale: this.#reused && !answered });
  }

  responseHead(message: ResponseMessage, end: BodyEnd): void {
    this.#by.responseHead(message, end);
  }

  responseData(buffer: Buffer, start: number, end: number): void {
    this.#by.responseData(buffer, start, end);
  }

  responseFlush(): void {
    this.#by.responseFlush();
  }

  responseEnd(trailers: readonly string[] | undefined): void {
    if (this.#over) return;
    this.#end();
    this.#by.responseEnd(trailers);
  }

  requestDrained(): void {
    this.#by.requestDrained();
  }

  #fail(failure: Failure): void {
    if (this.#over) return;
    this.#end();
    this.#by.failed(failure);
  }

  #end(): void {
    this.#over = true;
    this.endpoint.active -= 1;
    this.#cluster.load.requests -= 1;
  }
}
